"""What clients see of a session: its messages, runs and requests, and the state that holds them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from forge.models.approval import Call
from forge.models.message import AnswerEnd, MessageKind, RunEnd, Sender, ToolDisplay
from forge.models.run import Outcome
from forge.models.wallet_receipt import WalletReceipt
from forge.models.wallet_review import NO_REVIEW, Review


class PublicMessage(BaseModel):
    """A message in the form that every client sees."""

    model_config = ConfigDict(frozen=True)

    seq: int | None
    """The message's number in the conversation, from 0 without a gap; null while the message waits in the queue."""
    sender: Sender
    """The author of the message."""
    kind: MessageKind
    """What the message is: text, a tool call, a tool's result, or a notice of the application."""
    content: str
    """The text of the message, or its beginning."""
    length: int
    """The length of the whole text in characters (Unicode code points). If `content` has fewer, the rest follows as
    `text` frames of attempt 0.
    """
    timestamp: str
    """The time at which the message was created, as `HH:MM:SS ±HH:MM`, for older clients."""
    created_at: str
    """The time at which the message was created, RFC 3339."""
    is_streaming: bool = False
    """True while the message is being written."""
    run_id: str | None = None
    """The run that the message belongs to."""
    tool: ToolDisplay | None = None
    """The tool call that the message shows."""
    receipt: WalletReceipt | None = None
    """What became of a wallet request, if the message reports that."""
    run_end: RunEnd | None = None
    """How the run ended, if the message is the notice of its end."""
    answer_end: AnswerEnd | None = None
    """How the LLM's answer ended, if the message is the notice of an answer that did not end normally."""


class PublicRun(BaseModel):
    """The run in progress."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    """The run's id."""
    attempt: int
    """This grows when another worker takes the run over; then the text begins again."""
    started_at: str
    """The time at which the run began, RFC 3339."""
    seq: int
    """The number that the run's streaming text has or will have."""


class QueuedMessage(BaseModel):
    """An accepted message that waits for its run."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    """The run's id; `POST /api/interrupt` with this id withdraws the message."""
    sender: Sender
    """The author of the message."""
    content: str
    """The text of the message."""
    created_at: str
    """The time at which the message was accepted, RFC 3339."""
    truncated: bool = False
    """True if the content is a preview, because the whole text did not fit into a frame; the HTTP State has the whole
    text.
    """


class PublicClaim(BaseModel):
    """A client's claim on a request: one of its wallets has the request."""

    model_config = ConfigDict(frozen=True)

    account: str
    """The account that is to sign."""
    until: str
    """The end of the claim unless it is renewed, RFC 3339."""


class PublicReport(BaseModel):
    """An answer that did not settle the request. The transaction that it reported may have been sent."""

    model_config = ConfigDict(frozen=True)

    transaction_hash: str | None = None
    """The hash that was reported."""
    outcome: Literal["not_found", "different", "unknown"]
    """What the check found: the chain does not know the transaction, it is a different transaction, or the result is
    uncertain.
    """
    at: str
    """The time of the report, RFC 3339."""


class PublicApproval(BaseModel):
    """A wallet request that waits for the person."""

    model_config = ConfigDict(frozen=True)

    approval_id: str
    """The request's id."""
    call_id: str = ""
    """The tool call that made the request."""
    network: str
    """The network's name."""
    chain_id: int
    """The network's chain id, a part of the digest."""
    to: str
    """The address of the first call."""
    value: str
    """The value of the first call, in decimal wei."""
    data: str
    """The data of the first call, as 0x hex."""
    gas: str | None
    """A suggested limit in decimal units of gas, which is not a part of the digest."""
    sender: str | None = None
    """The account that must sign, a part of the digest; null when any account may sign."""
    calls: list[Call] = []
    """The calls that the wallet must sign. With `chain_id` and `sender` they are everything that `digest` covers."""
    digest: str
    """The SHA-256 of the canonical form of the calls; the protocol document shows how to compute it."""
    description: str
    """The agent's own description, which nobody has checked."""
    decoded: str | None
    """The first call in words, for older clients."""
    simulation: str | None
    """The simulation's result in words, for older clients."""
    review: Review = NO_REVIEW
    """What the worker found out about the request, as fields."""
    claim: PublicClaim | None = None
    """The claim of the client whose wallet has the request now."""
    reported: list[PublicReport] = []
    """Answers that did not settle the request."""
    created_at: str
    """The time at which the request was made, RFC 3339."""
    expires_at: str
    """The time at which the request ends without an answer, RFC 3339."""
    truncated: bool = False
    """True if the request did not fit into a frame: its calls, texts and review are cut, so it must not be signed
    from this frame. The HTTP State has the whole request.
    """


class PublicAsk(BaseModel):
    """A tool call that waits for the person's decision, which is sent in the same way as the answer to a wallet
    request.
    """

    model_config = ConfigDict(frozen=True)

    approval_id: str
    """The id of the request; the person's decision refers to it."""
    call_id: str
    """The id of the waiting tool call."""
    tool: str
    """The tool's name."""
    arguments: dict[str, Any] | None
    """The arguments of the call; null when they did not fit into a frame."""
    network: str
    """The session's network."""
    strangers: list[str]
    """The tools whose results brought text from strangers into the conversation, which is why the person is asked."""
    created_at: str
    """The time at which the call was paused, RFC 3339."""
    expires_at: str
    """The time at which the request ends without a decision, RFC 3339."""
    truncated: bool = False
    """True if the arguments did not fit into a frame; the HTTP State has them."""


class Hot(BaseModel):
    """The public part of the hot item. A `state` frame and the HTTP State contain the same fields."""

    model_config = ConfigDict(frozen=True)

    session_id: str
    """The session's id."""
    generation: int
    """The session's generation, which changes when an expired or deleted session begins anew; 0 when there is no such
    session.
    """
    rev: int
    """A number that grows with every change: of two states the one with the larger number is newer."""
    title: str | None
    """The session's title; null until the session has a message."""
    network: str
    """The network that the session's chain tools use."""
    is_processing: bool
    """True while a run is in progress or queued."""
    is_loading: bool
    """True if no worker has started yet; messages are accepted and wait."""
    is_connecting_mcp: bool = False
    """Always false; older clients read this field."""
    missing_api_key: bool
    """True if the LLM's API key is not set."""
    pending_wallet_tx: str | None
    """The oldest wallet request as older clients know it, a JSON string; null once a wallet has had it."""
    active_run: PublicRun | None
    """The run in progress."""
    queued: list[QueuedMessage]
    """Accepted messages that wait for their run."""
    approvals: list[PublicApproval]
    """Wallet requests that wait for the person."""
    asks: list[PublicAsk] = []
    """Tool calls that wait for the person's decision."""
    message_count: int
    """The number of finished messages; they are numbered 0 … `message_count` − 1."""
    expires_at: str | None
    """The time at which the session expires without further activity, RFC 3339."""
    notices: list[str] = []
    """Notices for the operator."""
    outcomes: dict[str, Outcome] = {}
    """The outcomes of the latest runs, by run id. A run that is missing ended long ago or has not ended."""

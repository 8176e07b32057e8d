"""What clients see of a session: messages, runs, requests, and the state that holds them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from forge.models.approval import Call
from forge.models.message import AnswerEnd, MessageKind, RunEnd, Sender, ToolDisplay
from forge.models.receipt import WalletReceipt
from forge.models.review import NO_REVIEW, Review
from forge.models.run import Outcome


class PublicMessage(BaseModel):
    """A message as every client sees it."""

    model_config = ConfigDict(frozen=True)

    seq: int | None
    """Its number in the conversation, from 0 without a gap; null while it waits in the queue."""
    sender: Sender
    """Who says it."""
    kind: MessageKind
    """What it is: words, a tool call, a tool's result, or a notice of the application."""
    content: str
    """Its text, or the beginning of it."""
    length: int
    """Characters (Unicode code points) of the whole; where that is more than `content` has, the rest follows as `text`
    frames of attempt 0."""
    timestamp: str
    """When it was created as `HH:MM:SS ±HH:MM`, for older clients."""
    created_at: str
    """When it was created, RFC 3339."""
    is_streaming: bool = False
    """It is being written."""
    run_id: str | None = None
    """The run that it belongs to."""
    tool: ToolDisplay | None = None
    """The tool call that it tells of."""
    receipt: WalletReceipt | None = None
    """What became of a wallet request, when it tells that."""
    run_end: RunEnd | None = None
    """How the run ended, with the notice that ends it."""
    answer_end: AnswerEnd | None = None
    """How the LLM's answer ended, with the notice about an answer that did not end well."""


class PublicRun(BaseModel):
    """The run in progress."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    """Its id."""
    attempt: int
    """Grows when another worker takes the run over, and the text begins again."""
    started_at: str
    """When it began, RFC 3339."""
    seq: int
    """The number that its streaming text has or will have."""


class QueuedMessage(BaseModel):
    """An accepted message that waits for its turn."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    """Names it: `POST /api/interrupt` withdraws it by this id."""
    sender: Sender
    """Who says it."""
    content: str
    """Its text."""
    created_at: str
    """When it was accepted, RFC 3339."""
    truncated: bool = False
    """The content is a preview, because the whole did not fit into a frame; the HTTP State has it."""


class PublicClaim(BaseModel):
    """A client has the request in a wallet."""

    model_config = ConfigDict(frozen=True)

    account: str
    """The account that is to sign."""
    until: str
    """When the claim ends unless it is renewed, RFC 3339."""


class PublicReport(BaseModel):
    """An answer that did not settle the request: what it reported may have been sent."""

    model_config = ConfigDict(frozen=True)

    transaction_hash: str | None = None
    """What was reported as sent."""
    outcome: Literal["not_found", "different", "unknown"]
    """The chain does not know it, it is another transaction than was asked for, or that cannot be told."""
    at: str
    """When it was reported, RFC 3339."""


class PublicApproval(BaseModel):
    """A wallet request for the person."""

    model_config = ConfigDict(frozen=True)

    approval_id: str
    """Its id."""
    call_id: str = ""
    """The tool call that asked for it."""
    network: str
    """The network's name."""
    chain_id: int
    """The network's chain id; a part of the digest."""
    to: str
    """The first call's address."""
    value: str
    """The first call's value, in decimal wei."""
    data: str
    """The first call's data, as 0x hex."""
    gas: str | None
    """A wish, in decimal units of gas; no part of the digest."""
    sender: str | None = None
    """The account that must sign, a part of the digest; null when any may."""
    calls: list[Call] = []
    """What is to be signed: with `chain_id` and `sender` all that `digest` is over."""
    digest: str
    """SHA-256 over the canonical form of the calls; the protocol shows how it is computed."""
    description: str
    """The agent's own words, which nobody has checked."""
    decoded: str | None
    """The first call in words, for older clients."""
    simulation: str | None
    """What the simulation showed in words, for older clients."""
    review: Review = NO_REVIEW
    """What was found out about it, as fields."""
    claim: PublicClaim | None = None
    """The client that has it in a wallet now."""
    reported: list[PublicReport] = []
    """Answers that did not settle it."""
    created_at: str
    """When it was made, RFC 3339."""
    expires_at: str
    """When it ends unanswered, RFC 3339."""
    truncated: bool = False
    """It did not fit into a frame, so its calls, texts and review are not the whole and it may not be signed from here;
    the HTTP State has the whole."""


class PublicAsk(BaseModel):
    """A tool call that waits for the person's word, which is given as that to a wallet request is."""

    model_config = ConfigDict(frozen=True)

    approval_id: str
    """Its id; the person's word is given by it."""
    call_id: str
    """The tool call that waits."""
    tool: str
    """The tool's name."""
    arguments: dict[str, Any] | None
    """What it would be called with; null when they did not fit into a frame."""
    network: str
    """The session's network."""
    strangers: list[str]
    """The tools whose results brought words of strangers, because of which the person is asked."""
    created_at: str
    """When it was made, RFC 3339."""
    expires_at: str
    """When it ends unanswered, RFC 3339."""
    truncated: bool = False
    """The arguments did not fit into a frame; the HTTP State has them."""


class Hot(BaseModel):
    """The public part of the hot item, the same in a `state` frame and in the HTTP State."""

    model_config = ConfigDict(frozen=True)

    session_id: str
    """The session's id."""
    generation: int
    """Changes when the session expired and was begun anew; 0 when there is no such session."""
    rev: int
    """Grows with every change: of two states the one with the larger number is newer."""
    title: str | None
    """What the session is called; null until it has a message."""
    network: str
    """The network that its chain tools use."""
    is_processing: bool
    """A run is in progress or queued."""
    is_loading: bool
    """No worker has started yet; messages are accepted and wait."""
    is_connecting_mcp: bool = False
    """Always false; older clients read it."""
    missing_api_key: bool
    """The LLM's key is not set."""
    pending_wallet_tx: str | None
    """The oldest wallet request in the form that older clients know, a JSON string."""
    active_run: PublicRun | None
    """The run in progress."""
    queued: list[QueuedMessage]
    """Accepted messages that wait for their turn."""
    approvals: list[PublicApproval]
    """Wallet requests that wait for the person."""
    asks: list[PublicAsk] = []
    """Tool calls that wait for the person's word."""
    message_count: int
    """Messages that have ended; their numbers are 0 … `message_count` − 1."""
    expires_at: str | None
    """When the session ends unless something happens, RFC 3339."""
    notices: list[str] = []
    """What the operator should know, in words."""
    outcomes: dict[str, Outcome] = {}
    """How the runs that ended last ended, by run id; a run that is not in it ended long ago or has not ended."""

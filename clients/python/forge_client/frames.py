"""The frames between a forge-mcp server and its clients (`docs/protocol.md`), as this client reads them.

Fields that a newer server adds are ignored.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from forge_client.wallet_requests import Approval, Ask, Frozen

Sender = Literal["user", "agent", "system"]
Kind = Literal["text", "tool_call", "tool_result", "notice"]
Outcome = Literal["completed", "failed", "interrupted", "waiting"]
RunEnd = Literal["failed", "interrupted"]
IfBusy = Literal["enqueue", "reject", "interrupt"]


class Tool(Frozen):
    """A tool call as it is shown."""

    call_id: str
    """The id that the call and its result share."""
    name: str
    """The tool's name."""
    arguments: dict[str, Any] | None = None
    """The arguments of the call; null in the message of the result."""
    outcome: Literal["success", "refused", "failed", "unknown"] | None = None
    """The outcome of the call; null in the message of the call."""
    truncated: bool = False
    """True if the arguments or the result are longer than what is kept for display."""


class Receipt(Frozen):
    """What became of a wallet request, in the message that reports it."""

    approval_id: str | None = None
    """The wallet request's id."""
    call_id: str | None = None
    """The tool call that made the request."""
    outcome: str
    """The outcome. `reported` and `unanswered` (the wallet gave no usable answer) are a client's statements; all others
    were checked.
    """
    closes: bool = False
    """True if the request is used up, so that no further answer is expected."""
    transaction_hash: str | None = None
    """The transaction's hash."""
    block_number: int | None = None
    """The block that contains the transaction."""
    fee: str | None = None
    """The fee that was paid, in words."""
    summary: str | None = None
    """What was sent to whom, in one short line."""
    reason: str | None = None
    """The reason for the outcome, if there is one."""
    unexpected: tuple[str, ...] = ()
    """What the transaction did beyond what its request showed, or did not do of it, one sentence each."""
    may_still_ask: bool = False
    """True if the request is used up while a wallet that was asked to sign it has not answered: whoever confirms it
    there sends it all the same.
    """


class Message(Frozen):
    """One message of the conversation."""

    seq: int | None
    """The message's number in the conversation, from 0 without a gap; null while the message waits in the queue."""
    sender: Sender
    """The author of the message."""
    kind: Kind
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
    tool: Tool | None = None
    """The tool call that the message shows."""
    receipt: Receipt | None = None
    """What became of a wallet request, if the message reports that."""
    run_end: RunEnd | None = None
    """How the run ended, if the message is the notice of its end."""
    answer_end: str | None = None
    """How the LLM's answer ended, if the message is the notice of an answer that did not end normally."""

    @property
    def is_whole(self) -> bool:
        return len(self.content) >= self.length


class ActiveRun(Frozen):
    """The run in progress."""

    run_id: str
    """The run's id."""
    attempt: int
    """This grows when another worker takes the run over; then the text begins again."""
    started_at: str
    """The time at which the run began, RFC 3339."""
    seq: int
    """The number that the run's streaming text has or will have."""


class QueuedMessage(Frozen):
    """An accepted message that waits for its run."""

    run_id: str
    """The run's id; `ForgeClient.interrupt` with this id withdraws the message."""
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


class Hot(Frozen):
    """Everything of a session that changes, except the messages."""

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
    active_run: ActiveRun | None
    """The run in progress."""
    queued: list[QueuedMessage]
    """Accepted messages that wait for their run."""
    approvals: list[Approval]
    """Wallet requests that wait for the person."""
    asks: list[Ask] = Field(default_factory=list[Ask])
    """Tool calls that wait for the person's decision."""
    message_count: int
    """The number of finished messages; they are numbered 0 … `message_count` − 1."""
    expires_at: str | None
    """The time at which the session expires without further activity, RFC 3339."""
    notices: list[str] = Field(default_factory=list[str])
    """Notices for the operator."""
    outcomes: dict[str, Outcome] = Field(default_factory=dict[str, Outcome])
    """The outcomes of the latest runs, by run id. A run that is missing ended long ago or has not ended."""


class State(Hot):
    """The answer of the HTTP API: the hot state and the newest messages that fit."""

    first_seq: int = 0
    """The number of the first message that is included; `SessionCalls.older` returns earlier messages."""
    messages: list[Message] = Field(default_factory=list[Message])
    """The messages in the order in which a person reads them; at most the newest 500, and at most 1 MB."""


class StateFrame(State):
    """The hot state and the messages that are new to the receiver."""

    type: Literal["state"] = "state"
    """Which frame this is."""


class TextFrame(Frozen):
    """A piece of a message."""

    type: Literal["text"] = "text"
    """Which frame this is."""
    session_id: str
    """The session's id."""
    generation: int
    """The session's generation."""
    seq: int
    """The number of the message to which the text belongs."""
    attempt: int
    """The run's attempt; 0 for the rest of a message that has ended."""
    offset: int
    """The position in the message at which `text` begins, in characters (Unicode code points)."""
    text: str
    """A piece of the message."""


class ErrorFrame(Frozen):
    """The server refused a frame of this client; the connection stays open."""

    type: Literal["error"] = "error"
    """Which frame this is."""
    status: int
    """The HTTP status that the problem would have."""
    title: str
    """The status in words."""
    detail: str
    """The problem in words for a person."""


class SessionExpiredFrame(Frozen):
    """The session's generation has ended; the server closes the connection."""

    type: Literal["session_expired"] = "session_expired"
    """Which frame this is."""
    session_id: str
    """The session's id."""
    generation: int
    """The generation that has ended."""


class PongFrame(Frozen):
    """The answer to a ping."""

    type: Literal["pong"] = "pong"
    """Which frame this is."""
    rev: int | None = None
    """The session's `rev`; one beyond the client's own means that the client has missed something."""


ServerFrame = Annotated[
    StateFrame | TextFrame | ErrorFrame | SessionExpiredFrame | PongFrame, Field(discriminator="type")
]
SERVER_FRAME: TypeAdapter[StateFrame | TextFrame | ErrorFrame | SessionExpiredFrame | PongFrame] = (
    TypeAdapter(ServerFrame)
)

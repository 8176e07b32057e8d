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
    """`arguments` come with the call, `outcome` with its result; `truncated`: only a part is shown."""

    call_id: str
    name: str
    arguments: dict[str, Any] | None = None
    outcome: Literal["success", "refused", "failed", "unknown"] | None = None
    truncated: bool = False


class Receipt(Frozen):
    """What became of a wallet request, in the message that reports it. `closes`: no further answer is expected."""

    approval_id: str | None = None
    call_id: str | None = None
    outcome: str
    closes: bool = False
    transaction_hash: str | None = None
    block_number: int | None = None
    fee: str | None = None
    summary: str | None = None
    reason: str | None = None


class Message(Frozen):
    """One message. `seq` is null while the message waits in the queue; `length` counts Unicode code points.
    `run_end` is set in the notice that ends a run.
    """

    seq: int | None
    sender: Sender
    kind: Kind
    content: str
    length: int
    timestamp: str
    created_at: str
    is_streaming: bool = False
    run_id: str | None = None
    tool: Tool | None = None
    receipt: Receipt | None = None
    run_end: RunEnd | None = None
    answer_end: str | None = None

    @property
    def is_whole(self) -> bool:
        return len(self.content) >= self.length


class ActiveRun(Frozen):
    """The run in progress; its streaming text has, or will have, the sequence number `seq`."""

    run_id: str
    attempt: int
    started_at: str
    seq: int


class QueuedMessage(Frozen):
    """An accepted message that waits for its run; `ForgeClient.interrupt(run_id)` withdraws it. `truncated`: a
    preview.
    """

    run_id: str
    sender: Sender
    content: str
    created_at: str
    truncated: bool = False


class Hot(Frozen):
    """Everything of a session that changes, except the messages. A session that does not exist has `rev` 0.

    `outcomes`: the outcomes of the latest runs, by run id.
    """

    session_id: str
    generation: int
    rev: int
    title: str | None
    network: str
    is_processing: bool
    is_loading: bool
    is_connecting_mcp: bool = False
    missing_api_key: bool
    pending_wallet_tx: str | None
    active_run: ActiveRun | None
    queued: list[QueuedMessage]
    approvals: list[Approval]
    asks: list[Ask] = Field(default_factory=list[Ask])
    message_count: int
    expires_at: str | None
    notices: list[str] = Field(default_factory=list[str])
    outcomes: dict[str, Outcome] = Field(default_factory=dict[str, Outcome])


class State(Hot):
    """The answer of the HTTP API: the hot state and the newest messages that fit, beginning with number `first_seq`."""

    first_seq: int = 0
    messages: list[Message] = Field(default_factory=list[Message])


class StateFrame(State):
    """The hot state and the messages that are new to the receiver."""

    type: Literal["state"] = "state"


class TextFrame(Frozen):
    """`text` of message `seq` from character `offset` on. `attempt` 0: the rest of a finished message."""

    type: Literal["text"] = "text"
    session_id: str
    generation: int
    seq: int
    attempt: int
    offset: int
    text: str


class ErrorFrame(Frozen):
    """The server refused a frame of this client; the connection stays open."""

    type: Literal["error"] = "error"
    status: int
    title: str
    detail: str


class SessionExpiredFrame(Frozen):
    """The session's generation has ended; the server closes the connection."""

    type: Literal["session_expired"] = "session_expired"
    session_id: str
    generation: int


class PongFrame(Frozen):
    """The answer to a ping; a `rev` beyond the client's own means that the client has missed something."""

    type: Literal["pong"] = "pong"
    rev: int | None = None


ServerFrame = Annotated[
    StateFrame | TextFrame | ErrorFrame | SessionExpiredFrame | PongFrame, Field(discriminator="type")
]
SERVER_FRAME: TypeAdapter[StateFrame | TextFrame | ErrorFrame | SessionExpiredFrame | PongFrame] = (
    TypeAdapter(ServerFrame)
)


class Have(Frozen):
    """What the client has: messages `0 … messages-1`, and `length` characters of `attempt` of the streaming
    message `seq`.
    """

    generation: int = 0
    messages: int = 0
    seq: int | None = None
    attempt: int = 0
    length: int = 0


class SyncFrame(Frozen):
    """Ask for everything beyond `have`."""

    type: Literal["sync"] = "sync"
    session_id: str | None = None
    have: Have = Have()
    newest: int | None = None


class AuthFrame(Frozen):
    """Keep the connection open beyond the end of the token that opened it; a `pong` is the answer."""

    type: Literal["auth"] = "auth"
    ticket: str


class PingFrame(Frozen):
    type: Literal["ping"] = "ping"

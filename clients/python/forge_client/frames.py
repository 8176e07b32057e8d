"""What travels between a forge-mcp server and its clients: the frames of `docs/protocol.md`, as this client reads them.

Fields that a newer server adds are ignored.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Sender = Literal["user", "agent", "system"]
Kind = Literal["text", "tool_call", "tool_result", "notice"]
Outcome = Literal["completed", "failed", "interrupted", "waiting"]
IfBusy = Literal["enqueue", "reject", "interrupt"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Tool(_Frozen):
    """`arguments` come with the call, `outcome` with its result; `truncated`: what is shown is not the whole."""

    call_id: str
    name: str
    arguments: dict[str, Any] | None = None
    outcome: Literal["success", "failed", "unknown"] | None = None
    truncated: bool = False


class Message(_Frozen):
    """One message. `seq` is null while it waits in the queue; `length` counts Unicode code points."""

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

    @property
    def is_whole(self) -> bool:
        return len(self.content) >= self.length


class ActiveRun(_Frozen):
    """The run in progress; its streaming text has, or will have, the sequence number `seq`."""

    run_id: str
    attempt: int
    started_at: str
    seq: int


class QueuedMessage(_Frozen):
    """Accepted and waiting for its turn; `ForgeClient.interrupt(run_id)` withdraws it. `truncated`: a preview."""

    run_id: str
    sender: Sender
    content: str
    created_at: str
    truncated: bool = False


class Approval(_Frozen):
    """A wallet request that waits for the user. `value`: decimal wei; times RFC 3339. `truncated`: `data` is cut."""

    approval_id: str
    network: str
    chain_id: int
    to: str
    value: str
    data: str
    gas: str | None
    digest: str
    description: str
    decoded: str | None
    simulation: str | None
    created_at: str
    expires_at: str
    truncated: bool = False


class Hot(_Frozen):
    """Everything of a session that changes, but for the messages. A session that does not exist has `rev` 0.

    `outcomes`: how the runs that ended last ended, by run id.
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
    message_count: int
    expires_at: str | None
    notices: list[str] = []
    outcomes: dict[str, Outcome] = {}


class State(Hot):
    """The answer of the HTTP API: the hot state and the newest messages that fit."""

    messages: list[Message] = []


class StateFrame(State):
    """The hot state and the messages that are new to the receiver."""

    type: Literal["state"] = "state"


class TextFrame(_Frozen):
    """`text` of message `seq` from character `offset` on. `attempt` 0: the rest of a finished message."""

    type: Literal["text"] = "text"
    session_id: str
    generation: int
    seq: int
    attempt: int
    offset: int
    text: str


class ErrorFrame(_Frozen):
    """The server refused a frame of ours; the connection stays open."""

    type: Literal["error"] = "error"
    status: int
    title: str
    detail: str


class SessionExpiredFrame(_Frozen):
    """The session's generation has ended; the server closes the connection."""

    type: Literal["session_expired"] = "session_expired"
    session_id: str
    generation: int


class PongFrame(_Frozen):
    """The answer to a ping; a `rev` beyond ours means that something was missed."""

    type: Literal["pong"] = "pong"
    rev: int | None = None


ServerFrame = Annotated[
    StateFrame | TextFrame | ErrorFrame | SessionExpiredFrame | PongFrame, Field(discriminator="type")
]
SERVER_FRAME: TypeAdapter[StateFrame | TextFrame | ErrorFrame | SessionExpiredFrame | PongFrame] = (
    TypeAdapter(ServerFrame)
)


class Have(_Frozen):
    """What we hold: messages `0 … messages-1`, and `length` characters of `attempt` of the streaming message `seq`."""

    generation: int = 0
    messages: int = 0
    seq: int | None = None
    attempt: int = 0
    length: int = 0


class SyncFrame(_Frozen):
    """Ask for everything beyond `have`."""

    type: Literal["sync"] = "sync"
    session_id: str | None = None
    have: Have = Have()


class PingFrame(_Frozen):
    type: Literal["ping"] = "ping"

"""What travels on the WebSocket: closed unions with a literal `type`, followed by the page and `docs/protocol.md`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from forge.models.approval import Call
from forge.models.ids import SessionId
from forge.models.message import AnswerEnd, MessageKind, RunEnd, Sender, ToolDisplay
from forge.models.receipt import WalletReceipt
from forge.models.review import NO_REVIEW, Review
from forge.models.run import Outcome

FRAME_BYTES_LIMIT = 32_000
"""API Gateway cuts a WebSocket message into frames of 32 KB; ours stay below one."""


class PublicMessage(BaseModel):
    """A message as every client sees it.

    `timestamp` is `HH:MM:SS ±HH:MM` for older clients, `created_at` RFC 3339. `seq` is null while the message
    waits in the queue. `length` (characters, that is Unicode code points) is larger than `content` when the rest
    follows as `text` frames of attempt 0. `receipt`: it tells what became of a wallet request.
    `run_end`: with the notice that ends a run, how that run ended.
    `answer_end`: with the notice about an answer that did not end well, how that answer ended.
    """

    model_config = ConfigDict(frozen=True)

    seq: int | None
    sender: Sender
    kind: MessageKind
    content: str
    length: int
    timestamp: str
    created_at: str
    is_streaming: bool = False
    run_id: str | None = None
    tool: ToolDisplay | None = None
    receipt: WalletReceipt | None = None
    run_end: RunEnd | None = None
    answer_end: AnswerEnd | None = None


class PublicRun(BaseModel):
    """The run in progress. `seq` is the sequence number that its streaming text has or will have."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    attempt: int
    started_at: str
    seq: int


class QueuedMessage(BaseModel):
    """An accepted message that waits for its turn; `POST /api/interrupt {run_id}` withdraws it.

    `truncated`: the content is a preview, because the whole did not fit into a frame; the HTTP State has it.
    """

    model_config = ConfigDict(frozen=True)

    run_id: str
    sender: Sender
    content: str
    created_at: str
    truncated: bool = False


class PublicClaim(BaseModel):
    """A client has the request in a wallet until `until` (RFC 3339), to be signed by `account`."""

    model_config = ConfigDict(frozen=True)

    account: str
    until: str


class PublicReport(BaseModel):
    """An answer that did not settle the request: what it reported may have been sent. `at`: RFC 3339."""

    model_config = ConfigDict(frozen=True)

    transaction_hash: str | None = None
    outcome: Literal["not_found", "different", "unknown"]
    at: str


class PublicApproval(BaseModel):
    """A wallet request for the user. `value`: decimal wei; times RFC 3339.

    `calls` are what `digest` is over, with `chain_id` and `sender`; `to`, `value`, `data` are the first of them.
    `truncated`: the request did not fit into a frame, so that its calls, texts and review are not the whole; it may
    not be signed from here. The HTTP State has the whole.
    """

    model_config = ConfigDict(frozen=True)

    approval_id: str
    call_id: str = ""
    network: str
    chain_id: int
    to: str
    value: str
    data: str
    gas: str | None
    sender: str | None = None
    calls: list[Call] = []
    digest: str
    description: str
    decoded: str | None
    simulation: str | None
    review: Review = NO_REVIEW
    claim: PublicClaim | None = None
    reported: list[PublicReport] = []
    created_at: str
    expires_at: str
    truncated: bool = False


class PublicAsk(BaseModel):
    """A tool call that waits for the person's word; times RFC 3339. It is answered by its `approval_id`.

    `strangers`: the tools whose results brought words of strangers, because of which the person is asked.
    `truncated`: the arguments did not fit into a frame and are null; the HTTP State has them.
    """

    model_config = ConfigDict(frozen=True)

    approval_id: str
    call_id: str
    tool: str
    arguments: dict[str, Any] | None
    network: str
    strangers: list[str]
    created_at: str
    expires_at: str
    truncated: bool = False


class Hot(BaseModel):
    """The public part of the hot item, the same in a `state` frame and in the HTTP State.

    `outcomes`: how the runs that ended last ended, by run id; a run that is not in it ended long ago or has not ended.
    """

    model_config = ConfigDict(frozen=True)

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
    active_run: PublicRun | None
    queued: list[QueuedMessage]
    approvals: list[PublicApproval]
    asks: list[PublicAsk] = []
    message_count: int
    expires_at: str | None
    notices: list[str] = []
    outcomes: dict[str, Outcome] = {}


class StateFrame(Hot):
    """The public hot state and messages that are new to the receiver (by `seq`, each whole or to be continued).

    `first_seq` in the answer to a `sync` with `newest`: messages before it are left out and not sent; 0: none are.
    """

    type: Literal["state"] = "state"
    first_seq: int = 0
    messages: list[PublicMessage] = []


class TextFrame(BaseModel):
    """`text` of message `seq` from `offset` (characters). `attempt` 0: a finished message's rest.

    A receiver appends when `offset` is what it has, trims the overlap when it is smaller, asks `sync` when it is
    larger, and starts the message again from offset 0 when `attempt` grew (ignoring frames of a smaller attempt).
    """

    model_config = ConfigDict(frozen=True)

    type: Literal["text"] = "text"
    session_id: str
    generation: int
    seq: int
    attempt: int
    offset: int
    text: str


class ErrorFrame(BaseModel):
    """What was wrong with a client's frame; the connection stays open. The fields are those of RFC 9457."""

    model_config = ConfigDict(frozen=True)

    type: Literal["error"] = "error"
    status: int
    title: str
    detail: str


class SessionExpiredFrame(BaseModel):
    """The session's generation has ended; the connection is closed after this frame."""

    model_config = ConfigDict(frozen=True)

    type: Literal["session_expired"] = "session_expired"
    session_id: str
    generation: int


class PongFrame(BaseModel):
    """The answer to `ping`: the connection and the session are alive; `rev` tells whether a `sync` is due."""

    model_config = ConfigDict(frozen=True)

    type: Literal["pong"] = "pong"
    rev: int | None = None


ServerFrame = Annotated[
    StateFrame | TextFrame | ErrorFrame | SessionExpiredFrame | PongFrame, Field(discriminator="type")
]
SERVER_FRAME: TypeAdapter[Any] = TypeAdapter(ServerFrame)


class Have(BaseModel):
    """What a client holds: finished messages `0 … messages-1` of `generation`, and `length` characters of `attempt`
    of the streaming message `seq`."""

    model_config = ConfigDict(extra="forbid")

    generation: int = 0
    messages: int = Field(default=0, ge=0)
    seq: int | None = None
    attempt: int = 0
    length: int = Field(default=0, ge=0)


class SyncFrame(BaseModel):
    """Ask for everything beyond `have`. `session_id`, when given, must be the connection's own.

    `newest`: at most so many of the messages that have ended, and at most 1 MB of them; older ones are at
    `GET /api/state?before=`.
    """

    model_config = ConfigDict(extra="forbid")

    type: Literal["sync"] = "sync"
    session_id: SessionId | None = None
    have: Have = Have()
    newest: int | None = Field(default=None, ge=1, le=500)


class PingFrame(BaseModel):
    """Keep the connection and its session alive; send one at least every 5 minutes."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["ping"] = "ping"


class AuthFrame(BaseModel):
    """Keep the connection open beyond the token by which it was opened. `ticket`: of `POST /api/ticket`, got by a newer
    token of the same owner for the same session. The answer is a `pong`."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["auth"] = "auth"
    ticket: Annotated[str, Field(max_length=128)]


ClientFrame = Annotated[SyncFrame | PingFrame | AuthFrame, Field(discriminator="type")]
CLIENT_FRAME: TypeAdapter[Any] = TypeAdapter(ClientFrame)

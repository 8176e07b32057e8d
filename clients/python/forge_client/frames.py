"""The frames between a forge-mcp server and its clients (`docs/protocol.md`), as this client reads them.

Fields that a newer server adds are ignored.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Sender = Literal["user", "agent", "system"]
Kind = Literal["text", "tool_call", "tool_result", "notice"]
Outcome = Literal["completed", "failed", "interrupted", "waiting"]
RunEnd = Literal["failed", "interrupted"]
IfBusy = Literal["enqueue", "reject", "interrupt"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Tool(_Frozen):
    """`arguments` come with the call, `outcome` with its result; `truncated`: only a part is shown."""

    call_id: str
    name: str
    arguments: dict[str, Any] | None = None
    outcome: Literal["success", "refused", "failed", "unknown"] | None = None
    truncated: bool = False


class Receipt(_Frozen):
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


class Message(_Frozen):
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


class ActiveRun(_Frozen):
    """The run in progress; its streaming text has, or will have, the sequence number `seq`."""

    run_id: str
    attempt: int
    started_at: str
    seq: int


class QueuedMessage(_Frozen):
    """An accepted message that waits for its run; `ForgeClient.interrupt(run_id)` withdraws it. `truncated`: a
    preview.
    """

    run_id: str
    sender: Sender
    content: str
    created_at: str
    truncated: bool = False


class Call(_Frozen):
    """One call of a wallet request. `value`: decimal wei."""

    to: str
    value: str
    data: str


class ReviewChange(_Frozen):
    """One movement that the simulation showed; `asset` is null for the chain's native currency.

    `amount`: base units, for erc721 the token's id. `symbol` is the contract's own statement and untrusted.
    """

    direction: str
    standard: str
    asset: str | None = None
    symbol: str | None = None
    amount: str | None = None
    formatted: str | None = None
    sender: str
    to: str


class Allowance(_Frozen):
    """What `spender` may take or control afterwards; `text` says it in one sentence. `owner` null: your own account."""

    kind: str
    token: str | None = None
    spender: str
    owner: str | None = None
    amount: str | None = None
    formatted: str | None = None
    unlimited: bool = False
    revokes: bool = False
    source: str = "call"
    text: str


class ReviewWarning(_Frozen):
    """`severity`: `danger` or `caution`."""

    code: str
    severity: str
    text: str


class ReviewArgument(_Frozen):
    """`value`: integers as decimal text, bytes as 0x hex, arrays and tuples as lists."""

    name: str | None = None
    type: str
    value: Any = None


class ReviewedCall(_Frozen):
    """One call as the chain would execute it, and the calls within it. `function` is null when it is not known."""

    to: str | None = None
    function: str | None = None
    arguments: list[ReviewArgument] = []
    understood: bool = False
    note: str | None = None
    inner: list[ReviewedCall] = []


class ReviewFee(_Frozen):
    """An estimate of the gas and of its cost, in wei and in the chain's native currency."""

    gas: str
    wei: str
    formatted: str
    currency: str


class Review(_Frozen):
    """What the server found out before the person was asked. `outcome`: `moves`, `nothing` or `unknown` (`reason`
    says why).
    """

    outcome: str = "unknown"
    reason: str | None = None
    changes: list[ReviewChange] = []
    more_changes: int = 0
    allowances: list[Allowance] = []
    warnings: list[ReviewWarning] = []
    calls: list[ReviewedCall] = []
    recipient: str | None = None
    fee: ReviewFee | None = None


class Claim(_Frozen):
    """One of a client's wallets has the request until `until` (RFC 3339); `account` is to sign it."""

    account: str
    until: str


class Report(_Frozen):
    """An answer that did not settle the request (`not_found`, `different`, `unknown`): a transaction may have been
    sent.
    """

    transaction_hash: str | None = None
    outcome: str
    at: str


class Approval(_Frozen):
    """A wallet request that waits for the user. `value`: decimal wei; times are RFC 3339.

    `truncated`: this is only a part of the request. Get all of it with `ForgeClient.state` before it is signed.
    """

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
    review: Review = Review()
    claim: Claim | None = None
    reported: list[Report] = []
    created_at: str
    expires_at: str
    truncated: bool = False


class Ask(_Frozen):
    """A tool call that waits for the user's decision, because text from strangers may have caused it.

    `strangers`: the tools that brought such text. `truncated`: `arguments` are null here; the HTTP State has them.
    """

    approval_id: str
    call_id: str
    tool: str
    arguments: dict[str, Any] | None
    network: str
    strangers: list[str]
    created_at: str
    expires_at: str
    truncated: bool = False


class Hot(_Frozen):
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
    asks: list[Ask] = []
    message_count: int
    expires_at: str | None
    notices: list[str] = []
    outcomes: dict[str, Outcome] = {}


class State(Hot):
    """The answer of the HTTP API: the hot state and the newest messages that fit, beginning with number `first_seq`."""

    first_seq: int = 0
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
    """The server refused a frame of this client; the connection stays open."""

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
    """The answer to a ping; a `rev` beyond the client's own means that the client has missed something."""

    type: Literal["pong"] = "pong"
    rev: int | None = None


ServerFrame = Annotated[
    StateFrame | TextFrame | ErrorFrame | SessionExpiredFrame | PongFrame, Field(discriminator="type")
]
SERVER_FRAME: TypeAdapter[StateFrame | TextFrame | ErrorFrame | SessionExpiredFrame | PongFrame] = (
    TypeAdapter(ServerFrame)
)


class Have(_Frozen):
    """What the client has: messages `0 … messages-1`, and `length` characters of `attempt` of the streaming
    message `seq`.
    """

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
    newest: int | None = None


class AuthFrame(_Frozen):
    """Keep the connection open beyond the end of the token that opened it; a `pong` is the answer."""

    type: Literal["auth"] = "auth"
    ticket: str


class PingFrame(_Frozen):
    type: Literal["ping"] = "ping"

"""A run: the work started by one accepted message, until a terminal status."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from forge.models.approval import Address, Approval, Report
from forge.models.approval_reply import ApprovalReply
from forge.models.ask import Ask
from forge.models.doubt import Doubt
from forge.models.ids import ApprovalId, RunId
from forge.models.message import Draft
from forge.models.session_key import SessionKey
from forge.models.wallet_receipt import ReceiptOutcome, WalletReceipt

IfBusy = Literal["enqueue", "reject", "interrupt"]
Outcome = Literal["completed", "failed", "interrupted", "waiting"]


class Submission(BaseModel):
    """An accepted message: first an entry of the inbox, later the input of its run."""

    model_config = ConfigDict(frozen=True)

    run_id: RunId
    """The id of the run that the message starts."""
    sender: Literal["user", "system"] = "user"
    """The author of the message."""
    content: str
    """The text of the message."""
    created_at: int
    """The time at which the message was accepted, in epoch milliseconds."""
    approval: ApprovalReply | None = None
    """The wallet's answer or the person's decision that the message carries."""
    payer: str = ""
    """The digest of who is charged (`forge.api.entry.request_payer`); empty for the user of this computer."""
    trace: str = ""
    """The caller's `traceparent` while tracing is on; empty: the run begins its own trace."""
    replaces_earlier: bool = False
    """Whether the runs of all earlier messages must stop (`if_busy=interrupt`)."""

    def draft(self) -> Draft:
        return Draft(
            sender=self.sender,
            content=self.content,
            created_at=self.created_at,
            run_id=self.run_id,
            receipt=receipt_of(self.approval) if self.approval else None,
        )


_OUTCOMES: dict[str, ReceiptOutcome] = {"sent": "reported", "rejected": "rejected", "unknown": "unanswered"}


def receipt_of(reply: ApprovalReply) -> WalletReceipt | None:
    """Return what the client reported about its wallet, before it is checked."""
    if reply.outcome not in _OUTCOMES:
        return None
    return WalletReceipt(
        approval_id=reply.approval_id,
        outcome=_OUTCOMES[reply.outcome],
        transaction_hash=reply.transaction_hash,
        reason=reply.reason,
    )


class ChainWait(BaseModel):
    """A run that waits for a transaction without a worker. Times are epoch milliseconds."""

    model_config = ConfigDict(frozen=True)

    since: int
    """The time at which the run began to wait."""
    again_at: int
    """The time at which a worker checks again."""
    sender: str | None = None
    """The sender of the reported transaction, once a node has known it."""
    nonce: int | None = None
    """The nonce of the reported transaction; another transaction with this nonce may be mined in its place."""


class ActiveRun(BaseModel):
    """The run in progress as the hot item holds it. Times are epoch milliseconds."""

    model_config = ConfigDict(frozen=True)

    submission: Submission
    """The message that started the run."""
    attempt: int
    """The number of the current attempt, from 1."""
    fence: int
    """The fencing token of the current attempt; a larger one replaces it."""
    worker: str
    """The worker that has claimed the run."""
    lease_until: int
    """The end of the worker's lease."""
    started_at: int
    """The time at which the run began."""
    input_logged: bool = False
    """If false, clients see the input as message `logged`, and the streaming text as the message after it."""
    text: str = ""
    """The end of the streaming text, if an older version wrote it; otherwise it is an item of its own."""
    text_base: int = 0
    """The number of characters of the streaming text that are in parts."""
    text_parts: int = 0
    """The number of parts of 32 KB, each an item of its own, at the beginning of the streaming text."""
    shown_results: frozenset[str] = frozenset()
    """Tool calls of the last LLM response whose results are in the log already."""
    put_back_at: int | None = None
    """The time at which a worker that lacks what the run needs first put the run back."""
    chain_wait: ChainWait | None = None
    """Set while the run waits for the chain; a worker checks from time to time."""
    strikes: int = 0
    """The number of attempts that count against the run (`worker.runs.lost_worker_limit` limits it)."""
    history_base: int | None = None
    """The number of entries of the LLM history that are older than the run; None if another version began the run."""
    stop_fence: int = 0
    """The fencing token that a stop gave the run; if it is `fence`, no worker has claimed the run since."""

    @property
    def run_id(self) -> str:
        return self.submission.run_id


class RunMessage(BaseModel):
    """The body of a queue message, which holds ids only."""

    model_config = ConfigDict(frozen=True)

    type: Literal["run"] = "run"
    """The kind of queue message."""
    owner: str
    """The session's owner."""
    session_id: str
    """The session's id."""
    generation: int
    """The session's generation; a message of an earlier generation is ignored."""
    run_id: RunId
    """The run for which the message was sent."""
    attempt: int = 1
    """The attempt for which the message was sent, a part of its deduplication id."""
    payer: str = ""
    """The digest of the payer whose share of the worker's places the run uses."""
    sent_at: int = 0
    """The time at which the accepting function sent the message, in epoch milliseconds, while tracing is on; else 0."""

    @property
    def key(self) -> SessionKey:
        return SessionKey(self.owner, self.session_id)


class CommandMessage(BaseModel):
    """The body of a queue message that asks a worker to run one read-only tool for `/api/mcp-command`."""

    model_config = ConfigDict(frozen=True)

    type: Literal["command"] = "command"
    """The kind of queue message."""
    command_id: RunId
    """The command's id."""
    payer: str = ""
    """The digest of the payer whose share of the worker's places the command uses."""


class Binding(BaseModel):
    """A request to simulate a wallet request of a session again for `account`, and to bind it to that account."""

    model_config = ConfigDict(frozen=True)

    key: SessionKey
    """The session."""
    approval_id: ApprovalId
    """The wallet request's id."""
    account: Address
    """The account that is to sign."""


class ToolCommand(BaseModel):
    """A read-only tool call outside a conversation."""

    model_config = ConfigDict(frozen=True)

    command_id: RunId
    """The command's id."""
    network: str
    """The network on which the tool runs."""
    name: str
    """The tool's name."""
    arguments: dict[str, Any]
    """The arguments of the call."""
    binding: Binding | None = None
    """If set, no tool is called; instead a wallet request is bound to an account."""
    result: CommandResult | None = None
    """The result, once a worker has run the command."""


class CommandResult(BaseModel):
    """The response body of `/api/mcp-command`."""

    model_config = ConfigDict(frozen=True)

    success: bool
    """True if the command succeeded."""
    message: str
    """The result in words for a person."""
    data: Any = None
    """The data that the command returned, if any."""


class Progress(BaseModel):
    """What one commit of a run moves from the hot item to the logs."""

    model_config = ConfigDict(frozen=True)

    drafts: list[Draft] = []
    """Messages that are added to the message log."""
    entries: list[bytes] = []
    """Serialized LLM messages that are added to the LLM history."""
    shown_results: frozenset[str] = frozenset()
    """Tool calls that are added to the active run's `shown_results`."""
    new_response: bool = False
    """If true, `shown_results` replaces the active run's set."""
    tokens: int = 0
    """LLM tokens that were used since the last commit."""
    answered: frozenset[str] = frozenset()
    """Approvals that are removed from the pending ones."""
    used_hashes: frozenset[str] = frozenset()
    """The transactions that settled the answered approvals; none of them can settle another approval."""
    reported: dict[str, Report] = {}
    """Reports for approvals that stay open, by approval id."""
    doubts: list[Doubt] = []
    """Transactions of the answered approvals that may have been sent."""
    strangers: frozenset[str] = frozenset()
    """Tools whose results have brought text from strangers into the conversation."""


class Ending(Progress):
    """The last commit of a run: its `Progress` and its outcome."""

    outcome: Outcome
    """How the run ended."""
    approvals: list[Approval] = []
    """Wallet requests that are added to the pending ones."""
    asks: list[Ask] = []
    """Tool calls that are added to those waiting for the person's decision."""


ToolCommand.model_rebuild()

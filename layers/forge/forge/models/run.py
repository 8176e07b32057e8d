"""A run: the work started by one accepted message, until a terminal status."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from forge.models.approval import Address, Approval, ApprovalReply, Report
from forge.models.asking import Ask
from forge.models.ids import ApprovalId, RunId, SessionKey
from forge.models.message import Draft
from forge.models.receipt import ReceiptOutcome, WalletReceipt

IfBusy = Literal["enqueue", "reject", "interrupt"]
Outcome = Literal["completed", "failed", "interrupted", "waiting"]
MAX_ATTEMPTS = 3
"""A run is given up when so many attempts have counted (`forge.store.running.suspects` says which do)."""


class Submission(BaseModel):
    """An accepted message: an entry of the inbox, later the input of the run. `created_at`: epoch milliseconds.

    `payer`: who is charged for it (`forge.api.admission`); empty for this computer's own user. `trace`: the
    `traceparent` of whoever called, while traces are on; empty: the run begins a trace of its own.
    """

    model_config = ConfigDict(frozen=True)

    run_id: RunId
    sender: Literal["user", "system"] = "user"
    content: str
    created_at: int
    approval: ApprovalReply | None = None
    payer: str = ""
    trace: str = ""

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
    """What the client said of its wallet, before anybody has checked it."""
    if reply.outcome not in _OUTCOMES:
        return None
    return WalletReceipt(
        approval_id=reply.approval_id,
        outcome=_OUTCOMES[reply.outcome],
        transaction_hash=reply.transaction_hash,
        reason=reply.reason,
    )


class ChainWait(BaseModel):
    """A run that waits for a transaction without a worker: since when, and when a worker looks again.

    `sender`, `nonce`: of the reported transaction, once a node has known it: another may be mined in its place.
    Times are epoch milliseconds.
    """

    model_config = ConfigDict(frozen=True)

    since: int
    again_at: int
    sender: str | None = None
    nonce: int | None = None


class ActiveRun(BaseModel):
    """The run in progress as the hot item holds it.

    `input_logged` false: the input is shown as message `logged`, the streaming text as the one after it.
    `text` is the tail of the streaming text where an older version wrote it; else it is an item of its own, as are the
    `text_parts` parts of 32 KB before it, which are `text_base` characters. `shown_results` are the tool calls of the
    last LLM response whose results are in the log already. `put_back_at`: when a worker that lacks what the run needs
    first put it back. `chain_wait`: the run waits for the chain, and a worker looks from time to time. `strikes`:
    attempts that count against the run, of `MAX_ATTEMPTS`. `history_base`: entries of the LLM history that are older
    than the run; None when another version began it. Times are epoch milliseconds.
    """

    model_config = ConfigDict(frozen=True)

    submission: Submission
    attempt: int
    fence: int
    worker: str
    lease_until: int
    started_at: int
    input_logged: bool = False
    text: str = ""
    text_base: int = 0
    text_parts: int = 0
    shown_results: frozenset[str] = frozenset()
    put_back_at: int | None = None
    chain_wait: ChainWait | None = None
    strikes: int = 0
    history_base: int | None = None

    @property
    def run_id(self) -> str:
        return self.submission.run_id


class RunMessage(BaseModel):
    """The body of a queue message: ids only. `generation` guards against a run of an expired session.

    `payer`: whose share of the places the run takes. `sent_at` (epoch milliseconds): when the function that accepted
    the run sent it, while traces are on; 0 for a message that somebody else sent.
    """

    model_config = ConfigDict(frozen=True)

    type: Literal["run"] = "run"
    owner: str
    session_id: str
    generation: int
    run_id: RunId
    attempt: int = 1
    payer: str = ""
    sent_at: int = 0

    @property
    def key(self) -> SessionKey:
        return SessionKey(self.owner, self.session_id)


class CommandMessage(BaseModel):
    """The body of a queue message that asks a worker to run one read-only tool for `/api/mcp-command`."""

    model_config = ConfigDict(frozen=True)

    type: Literal["command"] = "command"
    command_id: RunId
    payer: str = ""


class Binding(BaseModel):
    """A wallet request of a session that is to be simulated again for `account`, and bound to it."""

    model_config = ConfigDict(frozen=True)

    key: SessionKey
    approval_id: ApprovalId
    account: Address


class ToolCommand(BaseModel):
    """A read-only tool call outside a conversation; `result` is set once a worker has run it.

    `binding`: no tool is called, a wallet request is bound to an account.
    """

    model_config = ConfigDict(frozen=True)

    command_id: RunId
    network: str
    name: str
    arguments: dict[str, Any]
    binding: Binding | None = None
    result: CommandResult | None = None


class CommandResult(BaseModel):
    """What `/api/mcp-command` answers; also its response body."""

    model_config = ConfigDict(frozen=True)

    success: bool
    """Whether the command did what it was asked."""
    message: str
    """What came of it, for a person."""
    data: Any = None
    """What it found, if anything."""


class Progress(BaseModel):
    """What one transaction of a run moves from the hot item to the logs.

    `drafts` end in the message log; `entries` (one serialized LLM message each) in the LLM history, where the
    first gets the index `history_index`; `shown_results` joins (or, with `new_response`, replaces) the active
    run's set of the same name. `answered` approvals leave the pending ones; `used_hashes` are the transactions that
    settled them, and can settle no other. `reported`: what was reported for approvals that stay open, by their ids.
    `strangers`: tools whose results have brought words of strangers into the conversation.
    """

    model_config = ConfigDict(frozen=True)

    drafts: list[Draft] = []
    entries: list[bytes] = []
    shown_results: frozenset[str] = frozenset()
    new_response: bool = False
    tokens: int = 0
    answered: frozenset[str] = frozenset()
    used_hashes: frozenset[str] = frozenset()
    reported: dict[str, Report] = {}
    strangers: frozenset[str] = frozenset()


class Ending(Progress):
    """The last transaction of a run: `Progress` and how it ended; `approvals` and `asks` join the pending ones."""

    outcome: Outcome
    approvals: list[Approval] = []
    asks: list[Ask] = []


ToolCommand.model_rebuild()

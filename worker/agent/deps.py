"""The dependencies that a run gives to the agent: its record, its session's network, and how far its history is
stored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, cast

from pydantic_ai import RunContext
from pydantic_ai._run_context import get_current_run_context
from pydantic_ai.messages import ModelMessage, ModelResponse

from forge.models.approval import Approval
from forge.models.ask import Ask
from forge.models.doubt import Doubt
from forge.models.message import AnswerEnd, Draft, RunEnd
from forge.models.run import ChainWait, Progress
from forge.models.session import NetworkInfo
from forge.models.spending_caps import SendingCaps, Spending
from forge.models.wallet_receipt import WalletReceipt
from forge.models.work import CallRecord, CallStatus
from forge.ports.clock import Clock

Healing = Literal["not needed", "asked for", "done"]
"""Whether the history is sent as plain text, because the provider has refused it in its usual form."""


class RunRecord(Protocol):
    """The fenced record of one run. Every method raises `LeaseLost` once another attempt owns the run."""

    @property
    def text(self) -> str:
        """The text of the current response that has been shown."""
        ...

    async def show_text(self, text: str) -> None: ...

    async def append(self, progress: Progress) -> None: ...

    async def begin_call(
        self, call_key: str, meta: dict[str, str]
    ) -> tuple[CallStatus, CallRecord | None]: ...

    async def call_record(self, call_key: str) -> CallRecord | None:
        """How the call ended, as it was recorded; None if that is not known."""
        ...

    async def finish_call(
        self, call_key: str, record: CallRecord, reading: dict[str, str] | None = None
    ) -> CallRecord:
        """`reading` is given for a call that only reads, whose intent is not recorded."""
        ...

    async def set_network(self, network: str) -> None: ...

    async def spend(self, wei: int, caps: SendingCaps) -> Spending:
        """Count a transaction of the agent and the value that it moves, before it is sent.

        Raises `DayUsedUp` if the deployment may send no more transactions today, `SpendingCapReached` if it would
        move too much.
        """
        ...

    async def give_back(self, spending: Spending) -> None:
        """Subtract the transaction, because nothing was sent."""
        ...

    async def tokens_left(self) -> int | None:
        """Return the tokens that the session's owner may still use today; None: there is no limit."""
        ...

    async def hold_lease(self) -> None:
        """Renew the lease if little or nothing of it is left, by this computer's monotonic clock."""
        ...


@dataclass
class RunDeps:
    """The state of one attempt at a run, which the library passes to tools and capabilities."""

    record: RunRecord
    """The run's fenced record."""
    run_id: str
    """The run's id."""
    attempt_id: str
    """The id that marks this attempt's LLM messages."""
    network: str
    """The session's network."""
    networks: Sequence[NetworkInfo]
    """The networks that this deployment can reach."""
    clock: Clock
    """The time in epoch milliseconds."""
    attempt_is_first: bool = True
    """Whether no earlier attempt at the run exists."""
    saved: int = 0
    """The number of this attempt's LLM messages that are stored."""
    earlier: Sequence[ModelMessage] = ()
    """The history before the run."""
    sent: Sequence[ModelMessage] = ()
    """What the LLM got with the last request."""
    known: Sequence[ModelMessage] = ()
    """The run's messages that it has for certain. The library hands out fewer of them when a stop comes before its work
    has begun, or while a response is being stored.
    """
    partial: ModelResponse | None = None
    """What has arrived of a response that broke off after its first event."""
    approvals: Sequence[Approval] = ()
    """The wallet requests that were pending when the run began."""
    used_hashes: Sequence[str] = ()
    """The transactions that have settled earlier wallet requests."""
    doubts: Sequence[Doubt] = ()
    """The transactions that may have been sent although their wallet requests are used up."""
    asks: Sequence[Ask] = ()
    """The tool calls that waited for the person's decision when the run began."""
    in_time: frozenset[str] = frozenset()
    """The wallet requests and tool calls that were answered before they expired."""
    strangers: frozenset[str] = frozenset()
    """The tools whose results have brought text from strangers into the conversation, including this run."""
    wallet: str | None = None
    """The account of the user's connected wallet."""
    chain_wait: ChainWait | None = None
    """What earlier checks of the chain have stored."""
    missing: frozenset[str] = frozenset()
    """Tools that the run has called and this worker does not have."""
    asked: list[Approval] = field(default_factory=list[Approval])
    """The wallet requests that this run makes."""
    asking: list[Ask] = field(default_factory=list[Ask])
    """The tool calls for which this run asks the person."""
    shown: set[str] = field(default_factory=set[str])
    """The tool calls of the last response whose results are in the log."""
    started: dict[str, bool] = field(default_factory=dict[str, bool])
    """The calls of this attempt that may have had an effect, by call id; true if a call may be repeated."""
    facts: dict[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """What the tools of the started calls have noted, such as a transaction's hash."""
    recorded: dict[str, CallRecord] = field(default_factory=dict[str, CallRecord])
    """What the journal says of calls that have no result in the messages, by call id."""
    sizes: list[int] = field(default_factory=list[int])
    """The stored sizes in bytes of `earlier`, and of the run's messages after it as far as they are measured."""
    answer_end: AnswerEnd | None = None
    """How the last answer ended, if it did not end normally."""
    has_written_call: bool = False
    """Whether the last answer is a tool call that the LLM wrote as text."""
    empty_answers: int = 0
    """The number of empty answers in a row."""
    tokens_of_nothing: int = 0
    """The tokens of answers without any part that could be stored."""
    healing: Healing = "not needed"
    """Whether the history must be sent as plain text."""
    unreadable: int = 0
    """The number of unreadable entries of the stored history of which the person was not told."""
    begun: Callable[[], None] = lambda: None
    """Called when the LLM is asked."""

    def is_over(self, asked: Approval | Ask) -> bool:
        """Return whether it has expired without an answer in time."""
        return asked.expires_at <= self.clock() and asked.approval_id not in self.in_time

    def all_of(self, messages: Sequence[ModelMessage]) -> Sequence[ModelMessage]:
        """Return `messages` as the library has handed them out, or `known` where that is longer."""
        return messages if len(messages) >= len(self.known) else self.known

    def unsaved(self, messages: Sequence[ModelMessage]) -> list[ModelMessage]:
        return self.split_saved(messages)[1]

    def split_saved(
        self, messages: Sequence[ModelMessage]
    ) -> tuple[Sequence[ModelMessage], list[ModelMessage]]:
        """Return what precedes the first message that is not stored, and the messages that are not stored.

        They are recognised by the run id that the library gives to each message of this attempt, because the
        library may copy messages.
        """
        own = [i for i, each in enumerate(messages) if each.run_id == self.attempt_id and each.parts]
        new = own[self.saved :]
        return messages[: new[0]] if new else messages, [messages[i] for i in new]

    def notice(
        self,
        content: str,
        *,
        receipt: WalletReceipt | None = None,
        run_end: RunEnd | None = None,
        answer_end: AnswerEnd | None = None,
    ) -> Draft:
        return Draft(
            sender="system",
            kind="notice",
            content=content,
            created_at=self.clock(),
            run_id=self.run_id,
            receipt=receipt,
            run_end=run_end,
            answer_end=answer_end,
        )


def current_run() -> RunContext[RunDeps]:
    """Return the run for which the library asks a model; it gives `Model.request` no context."""
    return cast("RunContext[RunDeps]", get_current_run_context())

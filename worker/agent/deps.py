"""What a run gives to the agent: its record, its session's network, and how far its history is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from pydantic_ai.messages import ModelMessage, ModelRequest

from forge.models.approval import Approval
from forge.models.asking import Ask
from forge.models.message import AnswerEnd, Draft, RunEnd
from forge.models.receipt import WalletReceipt
from forge.models.run import ChainWait, Progress
from forge.models.session import NetworkInfo
from forge.models.spending import SendingCaps, Spending
from forge.ports import CallRecord, CallStatus, Clock
from worker.agent.history.message_codec import Sizes

Healing = Literal["not needed", "asked for", "done"]
"""Whether the history is sent as plain text, because the provider refused it as it is."""


class RunRecord(Protocol):
    """The fenced record of one run. Every method raises `LeaseLost` once the run is another's."""

    @property
    def text(self) -> str:
        """What has been shown of the response that streams now."""
        ...

    async def show_text(self, text: str) -> None: ...

    async def append(self, progress: Progress) -> None: ...

    async def begin_call(
        self, call_key: str, meta: dict[str, str]
    ) -> tuple[CallStatus, CallRecord | None]: ...

    async def finish_call(self, call_key: str, record: CallRecord) -> CallRecord: ...

    async def set_network(self, network: str) -> None: ...

    async def spend(self, wei: int, caps: SendingCaps) -> Spending:
        """Count a transaction of the agent, and what it moves, before it is sent.

        Raises `DayUsedUp` when the deployment may send no more today, `SpendingCapReached` when it moves too much.
        """
        ...

    async def give_back(self, spending: Spending) -> None:
        """Nothing was sent: it counts no more."""
        ...

    async def tokens_left(self) -> int | None:
        """What the session's owner may still use today; None: there is no limit."""
        ...

    async def hold_lease(self) -> None:
        """Renews the lease if little or nothing of it is left, by this computer's monotonic clock."""
        ...


@dataclass
class RunDeps:
    """`attempt_id` marks this attempt's LLM messages, of which `saved` are stored; `stored` is the history before them.

    `shown`: tool calls of the last response whose results are in the log. `started`: calls of this attempt that
    may have had an effect (call id → may it be repeated); `facts`: what their tools noted, such as a hash.
    `approvals` and `asks` were pending when the run began, `asked` and `asking` are those that it asks for now;
    `used_hashes` have settled earlier ones. `strangers`: the tools whose results have brought
    words of strangers into the conversation, this run included. `wallet`: the account of the user's connected
    wallet. `chain_wait`: what earlier looks at the chain have left. `lacking`: tools that the run has called and this
    worker does not have. `answer_end`: how the last answer ended, if not well. `empty_answers` in a row;
    `tokens_of_nothing`: what answers without a part that could be stored have cost. `unreadable`: entries of the
    stored history that cannot be read and of which the person was not told. `begun`: called when the LLM is asked.
    """

    record: RunRecord
    run_id: str
    attempt_id: str
    network: str
    networks: Sequence[NetworkInfo]
    clock: Clock
    attempt_is_first: bool = True
    saved: int = 0
    stored: Sequence[ModelMessage] = ()
    approvals: Sequence[Approval] = ()
    used_hashes: Sequence[str] = ()
    asks: Sequence[Ask] = ()
    strangers: frozenset[str] = frozenset()
    wallet: str | None = None
    chain_wait: ChainWait | None = None
    lacking: frozenset[str] = frozenset()
    asked: list[Approval] = field(default_factory=list[Approval])
    asking: list[Ask] = field(default_factory=list[Ask])
    shown: set[str] = field(default_factory=set[str])
    started: dict[str, bool] = field(default_factory=dict[str, bool])
    facts: dict[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    sizes: Sizes = field(default_factory=Sizes)
    answer_end: AnswerEnd | None = None
    empty_answers: int = 0
    tokens_of_nothing: int = 0
    healing: Healing = "not needed"
    unreadable: int = 0
    begun: Callable[[], None] = lambda: None

    def unsaved(self, messages: Sequence[ModelMessage]) -> list[ModelMessage]:
        """The library joins a first request with one that ends the stored history: only what is new is kept of it."""
        known = {id(part) for message in self.stored for part in message.parts}
        own = (message for message in messages if message.run_id == self.attempt_id)
        return [message for message in (_without(message, known) for message in own) if message.parts][
            self.saved :
        ]

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


def _without(message: ModelMessage, known: set[int]) -> ModelMessage:
    if not isinstance(message, ModelRequest) or known.isdisjoint(map(id, message.parts)):
        return message
    return replace(message, parts=[part for part in message.parts if id(part) not in known])

"""A session in memory, for the agent without its store: lists hold what a run's record would write."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from pydantic_ai import CancellationToken

from forge.errors import SpendingCapReached
from forge.models.approval import Approval
from forge.models.approval_reply import ApprovalReply
from forge.models.ask import Ask
from forge.models.doubt import Doubt
from forge.models.ids import new_run_id
from forge.models.message import Draft
from forge.models.run import Ending, Progress, Submission
from forge.models.session import NetworkInfo
from forge.models.spending_caps import SendingCaps, Spending
from forge.models.work import CallRecord, CallStatus
from worker.agent.agent import Ended, ForgeAgent
from worker.agent.deps import RunDeps
from worker.agent.history import run_history as history
from worker.agent.wallet.answer.verify_answer import NotYet


def now() -> int:
    return int(time.time() * 1_000)


@dataclass
class MemorySession:
    """Implements the agent's `RunRecord` for one run after the other."""

    operator: ForgeAgent
    """The agent that answers."""
    networks: list[NetworkInfo]
    """The networks that the session can switch to."""
    network: str = "testnet"
    """The session's network."""
    text: str = ""
    """The agent's text that is streaming now."""
    log: list[Draft] = field(default_factory=list[Draft])
    """The finished messages."""
    entries: list[bytes] = field(default_factory=list[bytes])
    """The LLM history, serialized."""
    approvals: list[Approval] = field(default_factory=list[Approval])
    """The wallet requests that wait for the user."""
    asks: list[Ask] = field(default_factory=list[Ask])
    """The tool calls that wait for the user's decision."""
    strangers: frozenset[str] = frozenset()
    """The tools that brought text from strangers."""
    orders: list[str] = field(default_factory=list[str])
    """What the foreign server was made to do."""
    used_hashes: list[str] = field(default_factory=list[str])
    """The transactions that settled a wallet request."""
    doubts: list[Doubt] = field(default_factory=list[Doubt])
    """Transactions that may have been sent although their wallet requests are used up."""
    spent: int = 0
    """The wei that `send` has moved."""
    tokens: int = 0
    """The tokens of all LLM requests."""

    async def say(self, content: str, reply: ApprovalReply | None = None) -> Ending:
        submission = Submission(
            run_id=new_run_id(),
            sender="system" if reply else "user",
            content=content,
            created_at=now(),
            approval=reply,
        )
        self.log.append(submission.draft())
        ended = await self._answered(submission)
        self._keep(ended.ending)
        self.approvals += ended.ending.approvals
        self.asks += ended.ending.asks
        return ended.ending

    async def _answered(self, submission: Submission) -> Ended:
        deps = self._deps(submission.run_id)
        while True:
            try:
                return await self.operator.run(deps, self.entries, submission, CancellationToken())
            except NotYet as not_yet:
                deps.chain_wait = not_yet.wait
                await asyncio.sleep((not_yet.wait.again_at - now()) / 1_000)

    @property
    def words(self) -> str:
        """Return everything that was shown."""
        return "\n".join(draft.content for draft in self.log)

    async def show_text(self, text: str) -> None:
        self.text += text

    async def append(self, progress: Progress) -> None:
        self._keep(progress)

    async def begin_call(self, call_key: str, meta: dict[str, str]) -> tuple[CallStatus, CallRecord | None]:
        return "new", None

    async def call_record(self, call_key: str) -> CallRecord | None:
        return None

    async def finish_call(
        self, call_key: str, record: CallRecord, reading: dict[str, str] | None = None
    ) -> CallRecord:
        return record

    async def set_network(self, network: str) -> None:
        self.network = network

    async def spend(self, wei: int, caps: SendingCaps) -> Spending:
        if caps.session is not None and self.spent + wei > caps.session:
            raise SpendingCapReached("session")
        self.spent += wei
        return Spending(wei, caps, day=0)

    async def give_back(self, spending: Spending) -> None:
        self.spent -= spending.wei

    async def tokens_left(self) -> int | None:
        return None

    async def hold_lease(self) -> None:
        """No other worker claims this run."""

    def _keep(self, progress: Progress) -> None:
        self.text = ""
        self.log += progress.drafts
        self.entries += progress.entries
        self.tokens += progress.tokens
        self.strangers |= progress.strangers
        self.asks = [each for each in self.asks if each.approval_id not in progress.answered]
        self.approvals = [each for each in self.approvals if each.approval_id not in progress.answered]
        self.used_hashes += sorted(progress.used_hashes)
        self.doubts += progress.doubts

    def _deps(self, run_id: str) -> RunDeps:
        return RunDeps(
            record=self,
            run_id=run_id,
            attempt_id=history.attempt_id(run_id, 1),
            network=self.network,
            networks=self.networks,
            clock=now,
            approvals=list(self.approvals),
            asks=list(self.asks),
            strangers=self.strangers,
            used_hashes=list(self.used_hashes),
            doubts=list(self.doubts),
        )

"""A conversation through the real agent, its stored history and a provider's wire format, without table, queue or
pauses.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from pydantic_ai import CancellationToken
from pydantic_ai.models import Model

from forge.models.message import Draft
from forge.models.run import Progress, Submission
from forge.models.spending_caps import SendingCaps, Spending
from forge.models.work import CallRecord, CallStatus
from tests.worker_llm import wires
from tests.worker_llm.bank import Bank
from tests.worker_llm.provider_server import ProviderServer, provider_server
from worker.agent.agent import Ended, ForgeAgent, Limits
from worker.agent.deps import RunDeps
from worker.agent.history.run_history import attempt_id
from worker.agent.tools.toolbox import Toolbox

LIMITS = Limits(seconds=30, llm_requests=8, tool_calls=20, tokens=1_000_000, history_tokens=100_000)


@dataclass
class MemoryRecord:
    """Implements `RunRecord` in memory: what the table keeps of a run."""

    text: str = ""
    entries: list[bytes] = field(default_factory=list[bytes])
    drafts: list[Draft] = field(default_factory=list[Draft])
    calls: dict[str, CallRecord | None] = field(default_factory=dict[str, CallRecord | None])
    tokens: int = 0

    async def show_text(self, text: str) -> None:
        self.text += text

    async def append(self, progress: Progress) -> None:
        self.entries += progress.entries
        self.drafts += progress.drafts
        self.tokens += progress.tokens
        self.text = ""

    async def begin_call(self, call_key: str, meta: dict[str, str]) -> tuple[CallStatus, CallRecord | None]:
        if call_key in self.calls:
            return "started", self.calls[call_key]
        self.calls[call_key] = None
        return "new", None

    async def call_record(self, call_key: str) -> CallRecord | None:
        return self.calls.get(call_key)

    async def finish_call(
        self, call_key: str, record: CallRecord, reading: dict[str, str] | None = None
    ) -> CallRecord:
        self.calls[call_key] = record
        return record

    async def set_network(self, network: str) -> None: ...

    async def spend(self, wei: int, caps: SendingCaps) -> Spending:
        return Spending(wei, caps, day=0)

    async def give_back(self, spending: Spending) -> None:
        """There is no limit here."""

    async def tokens_left(self) -> int | None:
        return None

    async def hold_lease(self) -> None: ...


@dataclass
class Conversation:
    """`say` plays one message. Between two the provider may change: each message names its own wire."""

    server: ProviderServer
    bank: Bank
    toolbox: Toolbox
    entries: list[bytes] = field(default_factory=list[bytes])
    drafts: list[Draft] = field(default_factory=list[Draft])
    tokens: int = 0
    runs: int = 0
    shown: str = ""
    """The text that was streamed of the last message's last answer."""
    llms: Mapping[str, Model[Any]] = field(default_factory=dict[str, Model[Any]])
    """By wire; others are made for each message."""

    async def say(self, wire: str, *answers: Any, text: str = "balance of Alice") -> Ended:
        self.server.replies = list(answers)
        if wire in self.llms:
            return await self.ask(self.llms[wire], text)
        async with wires.llm(wire, self.server) as llm:
            return await self.ask(llm, text)

    async def ask(
        self,
        llm: Model[Any],
        text: str = "balance of Alice",
        *,
        attempt: int = 1,
        calls: dict[str, CallRecord | None] | None = None,
    ) -> Ended:
        """With `attempt` 2 a run that another worker began goes on; `calls` is what the journal has of it."""
        self.runs += 1
        record = MemoryRecord(calls=calls or {})
        submission = Submission(run_id=f"{self.runs:032d}", content=text, created_at=self.runs)
        ended = await ForgeAgent(llm, self.toolbox, LIMITS, first_pause=0).run(
            deps_of(record, submission, attempt), self.entries, submission, CancellationToken()
        )
        self.shown = record.text
        self.entries += [*record.entries, *ended.ending.entries]
        self.drafts = [*record.drafts, *ended.ending.drafts]
        self.tokens = record.tokens + ended.ending.tokens
        return ended

    @property
    def refusals(self) -> list[str]:
        return self.server.refusals

    @property
    def answer(self) -> str:
        """What the agent said last."""
        return next((each.content for each in reversed(self.drafts) if each.sender == "agent"), "")

    @property
    def notices(self) -> list[Draft]:
        return [draft for draft in self.drafts if draft.kind == "notice"]

    def prompts(self) -> Sequence[dict[str, Any]]:
        return [body for _, _, body in self.server.requests]


def deps_of(record: MemoryRecord, submission: Submission, attempt: int = 1) -> RunDeps:
    return RunDeps(
        record=record,
        run_id=submission.run_id,
        attempt_id=attempt_id(submission.run_id, attempt),
        attempt_is_first=attempt == 1,
        network="testnet",
        networks=(),
        clock=lambda: int(time.time() * 1_000),
    )


@dataclass
class Stage:
    """What the conversations of a module share, because it is slow to make: the server, the tools and the LLMs."""

    server: ProviderServer
    bank: Bank
    toolbox: Toolbox
    llms: Mapping[str, Model[Any]] = field(default_factory=dict[str, Model[Any]])

    def conversation(self) -> Conversation:
        """A new one. The server and the bank have forgotten the others."""
        for memory in (self.server.requests, self.server.refusals, self.bank.calls):
            memory.clear()
        return Conversation(self.server, self.bank, self.toolbox, llms=self.llms)


@asynccontextmanager
async def stage(*built: str) -> AsyncGenerator[Stage]:
    """The provider's server refuses what the real one would. The LLMs of the wires `built` are made once."""
    bank = Bank()
    toolbox = Toolbox([("evm", bank.server())])
    await toolbox.refresh()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(toolbox.close)
        server = await stack.enter_async_context(provider_server())
        server.is_strict = True
        llms = {wire: await stack.enter_async_context(wires.llm(wire, server)) for wire in built}
        yield Stage(server, bank, toolbox, llms)


@asynccontextmanager
async def conversation() -> AsyncGenerator[Conversation]:
    async with stage() as made:
        yield made.conversation()

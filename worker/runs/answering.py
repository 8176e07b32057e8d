"""The agent's part of a run: its input, whether it can answer, and the substitute for its answer if it cannot."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from forge.models.message import INTERRUPTED
from forge.models.run import Ending
from forge.models.work import Lease
from forge.observability import log_fields
from forge.ports.clock import Clock
from worker.agent import failure_messages
from worker.agent.agent import Ended, ForgeAgent, refuse
from worker.agent.answers_in_time import answered_in_time
from worker.agent.deps import RunDeps
from worker.agent.failure_messages import RunUnreadable, TooManyAttempts
from worker.agent.history import run_history as history
from worker.agent.messages.message_codec import load_message
from worker.agent.run_endings import end_early
from worker.agent.tools.toolbox import Toolbox
from worker.runs.active_run import LocalRun
from worker.tool_catalog import Publisher

_STOP_SECONDS = 2.0
"""How long an agent that was told to stop may continue before the run ends without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Lets the agent answer, or ends the run without it."""

    agent: ForgeAgent | None
    """The agent; None while no LLM can answer."""
    llm_error: Exception | None
    """The reason for which no LLM can answer; None if one can."""
    toolbox: Toolbox
    """The tools of all MCP servers."""
    publisher: Publisher
    """Tells whether another worker can answer."""
    clock: Clock
    """The time in epoch milliseconds."""

    async def missing_tools(self, run: LocalRun) -> frozenset[str]:
        """Return what the run needs and only another worker may have: an LLM that can answer, and tools that the
        run has called.
        """
        if self.agent is None:
            return frozenset({"LLM"}) if await self.publisher.others_can_answer() else frozenset()
        if run.attempt == 1:
            return frozenset()
        stored = history.load(await run.record.history())
        return self.toolbox.lacks(history.open_tools(stored, run.run_id))

    async def run_agent(self, run: LocalRun, missing: frozenset[str]) -> Ended:
        """Return the agent's end, or an end without the agent if it does not follow a stop."""
        deps = replace(self._deps(run), missing=missing)
        answer = asyncio.create_task(self._answer(run, deps), name=f"agent {run.run_id}")
        answer.add_done_callback(_retrieve)
        stopping = asyncio.create_task(run.stopping.wait(), name=f"stop {run.run_id}")
        try:
            await asyncio.wait({answer, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                run.token.cancel()
                await asyncio.wait({answer}, timeout=_STOP_SECONDS)
            stopped_badly = answer.done() and run.stop_reason and isinstance(answer.exception(), Exception)
            if answer.done() and not stopped_badly:
                return answer.result()
            answer.cancel()
            await run.record.written()
            return await _left_behind(deps)
        finally:
            stopping.cancel()
            answer.cancel()

    async def given_up(self, run: LocalRun) -> Ended:
        """Return the end of a run that has been tried too often, with results for its open tool calls."""
        entries = await run.record.history()
        return await refuse(self._deps(run), entries, run.lease.run.submission, TooManyAttempts())

    def given_up_blindly(self, run: LocalRun) -> Ended:
        """Return the same end without the history, because the history may be what is broken."""
        error = TooManyAttempts()
        notice = self._deps(run).notice(failure_messages.describe(error))
        return Ended(Ending(outcome="failed", drafts=[notice]), error)

    async def _answer(self, run: LocalRun, deps: RunDeps) -> Ended:
        log_fields(
            correlation_id=run.run_id, run_id=run.run_id
        )  # these fields also go to the log lines of libraries
        entries, submission = await run.record.history(), run.lease.run.submission
        if not _is_readable(run.lease, entries):
            return await refuse(deps, entries, submission, RunUnreadable())
        if self.agent is None:
            return await refuse(deps, entries, submission, self.llm_error or RuntimeError("no LLM"))
        return await self.agent.run(deps, entries, submission, run.token)

    def _deps(self, run: LocalRun) -> RunDeps:
        session, active = run.lease.session, run.lease.run
        return RunDeps(
            record=run.record,
            run_id=run.run_id,
            attempt_id=history.attempt_id(run.run_id, run.attempt),
            network=session.network,
            networks=self.toolbox.networks,
            clock=self.clock,
            attempt_is_first=run.attempt == 1,
            approvals=session.approvals,
            asks=session.asks,
            in_time=answered_in_time(session, active.submission),
            strangers=frozenset(session.strangers),
            used_hashes=session.used_hashes,
            doubts=session.doubts,
            wallet=session.wallet,
            chain_wait=active.chain_wait,
            shown=set(active.shown_results),
            begun=run.begun,
        )


def _is_readable(lease: Lease, entries: Sequence[bytes]) -> bool:
    """Return whether this worker can read all that the run has stored. If it cannot, it might repeat what the run
    has done.
    """
    if lease.run.history_base is None:
        return True
    first = max(0, lease.run.history_base - lease.session.history_start)
    return all(load_message(entry) for entry in entries[first:])


async def _left_behind(deps: RunDeps) -> Ended:
    """The agent has not stopped, or badly; what its run has begun is told all the same."""
    return Ended(await end_early(deps, (), "interrupted", INTERRUPTED))


def _retrieve(task: asyncio.Task[Ended]) -> None:
    """Retrieve the exception, so that asyncio does not log it as never retrieved. A task that waits still gets it."""
    if not task.cancelled():
        task.exception()

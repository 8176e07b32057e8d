"""One claimed run: hold it, let the agent work, and bring it to its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal

from forge.errors import LeaseLost
from forge.models.ids import SessionKey
from forge.models.run import MAX_ATTEMPTS, ChainWait, Ending, Submission
from forge.models.session import Control
from forge.observability import error_fields, log_fields, run_fields
from forge.ports import Lease
from worker.agent import failures
from worker.agent.agent import INTERRUPTED_NOTICE, Ended, refuse
from worker.agent.deps import RunDeps
from worker.agent.failures import RunUnreadable, TooManyAttempts
from worker.agent.history import stored_history as history
from worker.agent.history.drafts import text_draft
from worker.agent.history.message_codec import loaded
from worker.agent.llm.faults import cause_fields
from worker.agent.wallet.verify import NotYet
from worker.operation.metrics import RunFigures
from worker.operation.tracing import tell_end
from worker.push.audiences import Audiences
from worker.resources import Resources
from worker.runs.active_run import LocalRun
from worker.runs.holding import keep_lease
from worker.runs.run_record import LeasedRecord
from worker.runs.watch import LocalRuns

logger = logging.getLogger(__name__)

RunEnd = Literal["finished", "buried", "deleted", "released", "put back", "lost"]


@dataclass(frozen=True, slots=True)
class Executed:
    """`receipt`: the handle of the queue message by then. `waiting`: the run that waits next in the session.

    `again_at` (epoch milliseconds): when a run that was put back is to be looked at again; None: soon.
    """

    end: RunEnd
    receipt: str
    waiting: str | None = None
    again_at: int | None = None


PUT_BACK_MS = 60_000
"""How long a run waits for a worker that has what this one lacks."""
_STOP_SECONDS = 2.0
"""How long an agent that was told to stop may take before the run ends without it."""


class RunExecutor:
    def __init__(self, resources: Resources, active: LocalRuns, audiences: Audiences) -> None:
        self._resources, self._active, self._audiences = resources, active, audiences

    async def execute(
        self,
        lease: Lease,
        control: Control | None,
        receipt: str,
        *,
        give_up: bool = False,
        begun: Callable[[], None] = lambda: None,
    ) -> Executed:
        """The end says what is to become of the queue message. `control` None: the watch will read it.

        `give_up`: only end the run, as failed. `begun` is called whenever the LLM is asked.
        """
        with self._resources.tracing.attempt(lease) as span:
            executed = await self._execute(lease, control, receipt, begun, give_up=give_up)
            span.set_attribute("forge.end", executed.end)
            return executed

    async def _execute(
        self,
        lease: Lease,
        control: Control | None,
        receipt: str,
        begun: Callable[[], None],
        *,
        give_up: bool,
    ) -> Executed:
        audience = self._audiences.open(lease.session)
        pushed = self._resources.tracing.pushing(audience.connections)
        audience.feed.start(lease.session)
        record = LeasedRecord(self._resources, audience.feed, lease)
        run = LocalRun(lease, record, audience, self._resources.clock, receipt)
        run.begun = begun
        self._active.add(run)
        end: RunEnd = "lost"
        try:
            if control is not None:
                run.observe(control)
            now = asyncio.get_running_loop().time()
            with self._resources.kept.keep(lambda: run.receipt, now):
                async with asyncio.TaskGroup() as group:
                    holding = group.create_task(keep_lease(run), name=f"lease {run.run_id}")
                    end = await self._perform(run, lease, give_up=give_up)
                    holding.cancel()
        except* LeaseLost:
            logger.warning("run lost", extra=_fields(lease))
        finally:
            run.is_over = True
            self._active.remove(run)
            self._audiences.release(lease.session, pushed)
        waiting = run.waiting if end in {"finished", "buried"} else None
        return Executed(end, run.receipt, waiting, run.again_at)

    async def show(self, key: SessionKey) -> None:
        """Push the session as it is to its connections; they ask for the messages they lack."""
        session = await self._resources.blocking(self._resources.sessions.get, key)
        # A run that has begun meanwhile shows it; between this look and the release nothing waits.
        if session is None or self._active.of_session(key):
            return
        self._audiences.open(session).feed.show(session, [])
        self._audiences.release(session)

    async def _perform(self, run: LocalRun, lease: Lease, *, give_up: bool) -> RunEnd:
        if give_up or is_given_up(lease):
            return await self._give_up(run, lease)
        lacking = frozenset[str]() if run.stop_reason else await self._lacking(run, lease)
        if lacking and run.stop_reason is None and may_be_put_back(lease, self._resources.clock()):
            logger.warning("run put back", extra={**_fields(lease), "lacking": ", ".join(sorted(lacking))})
            self._resources.metrics.put_back()
            await run.record.put_back()
            return "put back"
        try:
            ended = await self._run_agent(run, lease, lacking)
        except NotYet as not_yet:
            return await self._look_later(run, not_yet.wait)
        if run.stop_reason == "deleted":
            logger.info("run of a deleted session stopped", extra=_fields(lease))
            return "deleted"
        if run.stop_reason == "released" and ended.ending.outcome == "interrupted":
            await run.record.release()
            logger.info("run released", extra=_fields(lease))
            return "released"
        await self._finish(run, ended.ending)
        self._report(run, lease, ended)
        return "finished"

    async def _look_later(self, run: LocalRun, wait: ChainWait) -> RunEnd:
        """Nothing is held while the chain is waited for."""
        await run.record.put_back(wait)
        run.again_at = wait.again_at
        return "put back"

    async def _finish(self, run: LocalRun, ending: Ending) -> None:
        session = await run.record.finish(ending)
        run.waiting = session.inbox[0].run_id if session.inbox else None

    async def _give_up(self, run: LocalRun, lease: Lease) -> RunEnd:
        """Whatever makes the run fail may also be in its history, so the run ends without that if need be."""
        deps, error = self._deps(run, lease), TooManyAttempts()
        try:
            ended = refuse(deps, await run.record.history(), _submission(lease), error)
            await self._finish(run, ended.ending)
        except Exception as broken:  # noqa: BLE001  anything may be what is broken
            logger.warning("history not closed", extra={**_fields(lease), **error_fields(broken)})
            notice = deps.notice(failures.describe(error))
            ended = Ended(Ending(outcome="failed", drafts=[notice]), error)
            await self._finish(run, ended.ending)
        self._report(run, lease, ended)
        return "buried"

    async def _lacking(self, run: LocalRun, lease: Lease) -> frozenset[str]:
        """What the run needs and only another worker may have: an LLM that can answer, tools that it has called."""
        if self._resources.agent is None:
            return frozenset({"LLM"}) if await self._resources.publisher.others_can_answer() else frozenset()
        if lease.attempt == 1:
            return frozenset()
        stored = history.load(await run.record.history())
        return self._resources.toolbox.lacks(history.open_tools(stored, lease.run_id))

    async def _run_agent(self, run: LocalRun, lease: Lease, lacking: frozenset[str]) -> Ended:
        """The agent's end, or after a stop that it does not follow, one without it."""
        deps = replace(self._deps(run, lease), lacking=lacking)
        answer = asyncio.create_task(self._answer(run, lease, deps), name=f"agent {run.run_id}")
        answer.add_done_callback(_retrieve)
        stopping = asyncio.create_task(run.stopping.wait(), name=f"stop {run.run_id}")
        try:
            await asyncio.wait({answer, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                run.token.cancel()
                await asyncio.wait({answer}, timeout=_STOP_SECONDS)
            stopped_badly = answer.done() and run.stop_reason and isinstance(answer.exception(), Exception)
            return answer.result() if answer.done() and not stopped_badly else _left_behind(deps)
        finally:
            stopping.cancel()
            answer.cancel()

    async def _answer(self, run: LocalRun, lease: Lease, deps: RunDeps) -> Ended:
        log_fields(correlation_id=lease.run_id, run_id=lease.run_id)  # of libraries' lines too
        entries, submission = await run.record.history(), _submission(lease)
        agent, error = self._resources.agent, self._resources.llm_error
        if not _is_readable(lease, entries):
            return refuse(deps, entries, submission, RunUnreadable())
        if agent is None:
            return refuse(deps, entries, submission, error or RuntimeError("no LLM"))
        return await agent.run(deps, entries, submission, run.token)

    def _deps(self, run: LocalRun, lease: Lease) -> RunDeps:
        active = lease.session.active
        return RunDeps(
            record=run.record,
            run_id=lease.run_id,
            attempt_id=history.attempt_id(lease.run_id, lease.attempt),
            network=lease.session.network,
            networks=self._resources.toolbox.networks,
            clock=self._resources.clock,
            attempt_is_first=lease.attempt == 1,
            approvals=lease.session.approvals,
            asks=lease.session.asks,
            strangers=frozenset(lease.session.strangers),
            used_hashes=lease.session.used_hashes,
            wallet=lease.session.wallet,
            chain_wait=active.chain_wait if active else None,
            shown=set(active.shown_results) if active else set(),
            begun=run.begun,
        )

    def _report(self, run: LocalRun, lease: Lease, ended: Ended) -> None:
        accepted, first_text_at = _submission(lease).created_at, run.record.first_text_at
        figures = RunFigures(
            outcome=ended.ending.outcome,
            waited_ms=run.started_at - accepted,
            run_ms=self._resources.clock() - run.started_at,
            first_text_ms=None if first_text_at is None else first_text_at - accepted,
            tokens=ended.ending.tokens,
        )
        self._resources.metrics.run_ended(figures)
        tell_end(figures, ended.error)
        failure = {**error_fields(ended.error), **cause_fields(ended.error)} if ended.error else {}
        level = logging.WARNING if ended.error else logging.INFO
        logger.log(level, "run ended", extra={**_fields(lease), **asdict(figures), **failure})


def may_be_put_back(lease: Lease, now: int) -> bool:
    """Not for ever: after a while the run goes on here with what there is, and says what is missing."""
    since = lease.session.active.put_back_at if lease.session.active else None
    return since is None or now - since < PUT_BACK_MS


def is_given_up(lease: Lease) -> bool:
    return lease.session.active is not None and lease.session.active.strikes >= MAX_ATTEMPTS


def _is_readable(lease: Lease, entries: Sequence[bytes]) -> bool:
    """Whether this worker can read all that the run has stored; else it might do again what the run has done."""
    active = lease.session.active
    if active is None or active.history_base is None:
        return True
    first = max(0, active.history_base - lease.session.history_start)
    return all(loaded(entry) for entry in entries[first:])


def _fields(lease: Lease) -> dict[str, str | int]:
    return run_fields(lease.run_id, attempt=lease.attempt)


def _submission(lease: Lease) -> Submission:
    if lease.session.active is None:
        raise LeaseLost
    return lease.session.active.submission


def _left_behind(deps: RunDeps) -> Ended:
    drafts = [text_draft(deps, deps.record.text)] if deps.record.text.strip() else []
    return Ended(
        Ending(
            outcome="interrupted", drafts=[*drafts, deps.notice(INTERRUPTED_NOTICE, run_end="interrupted")]
        )
    )


def _retrieve(task: asyncio.Task[Ended]) -> None:
    """Whoever still waits for the task gets its error; nobody else wants to hear of it."""
    if not task.cancelled():
        task.exception()

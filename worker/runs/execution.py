"""One claimed run: hold it, let the agent work, and bring it to its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

from forge.errors import LeaseLost
from forge.models.run import ActiveRun, ChainWait, Ending
from forge.models.session import Control
from forge.models.session_key import SessionKey
from forge.models.work import Lease
from forge.observability import error_fields, run_fields
from forge.ports.clock import Clock
from forge.ports.sessions import Sessions
from worker.agent.agent import Ended
from worker.agent.llm.classify_provider_error import cause_fields
from worker.agent.wallet.answer.verify_answer import NotYet
from worker.blocking_calls import Blocking
from worker.operation.metrics import Metrics, RunFigures
from worker.operation.tracing import Tracing, tell_end
from worker.push.audiences import Audiences
from worker.push.feed import Feed
from worker.runs.active_run import LocalRun
from worker.runs.answering import Answering
from worker.runs.control_poll import LocalRuns
from worker.runs.lease_renewal import keep_lease
from worker.runs.leased_record import LeasedRecord
from worker.runs.lost_worker_limit import is_given_up
from worker.runs.message_visibility import Kept

logger = logging.getLogger(__name__)

RunEnd = Literal["finished", "given up", "deleted", "released", "put back", "lost"]
Records = Callable[[Feed, Lease], LeasedRecord]
"""Opens the record of a claimed run."""


@dataclass(frozen=True, slots=True)
class Executed:
    """What became of a run here."""

    end: RunEnd
    """Tells what is done with the queue message."""
    waiting: str | None = None
    """The id of the session's next waiting run; None if there is none."""
    again_at: int | None = None
    """The time at which a run that was put back must be checked again, in epoch milliseconds; None: soon."""


PUT_BACK_MS = 60_000
"""How long a run waits for a worker that has what this one lacks."""


class RunExecutor:
    def __init__(
        self,
        *,
        answering: Answering,
        records: Records,
        active: LocalRuns,
        audiences: Audiences,
        sessions: Sessions,
        blocking: Blocking,
        metrics: Metrics,
        tracing: Tracing,
        clock: Clock,
    ) -> None:
        self._answering, self._records = answering, records
        self._active, self._audiences = active, audiences
        self._sessions, self._blocking = sessions, blocking
        self._metrics, self._tracing, self._clock = metrics, tracing, clock

    async def execute(
        self,
        lease: Lease,
        control: Control | None,
        message: Kept,
        *,
        give_up: bool = False,
        begun: Callable[[], None] = lambda: None,
    ) -> Executed:
        """Execute the run. The result tells the caller what to do with the queue message. `control` None: the watch
        reads it later.

        `give_up`: only end the run, as failed. `begun` is called each time the LLM is asked.
        """
        with self._tracing.attempt(lease) as span:
            executed = await self._execute(lease, control, message, begun, give_up=give_up)
            span.set_attribute("forge.end", executed.end)
            return executed

    async def _execute(
        self,
        lease: Lease,
        control: Control | None,
        message: Kept,
        begun: Callable[[], None],
        *,
        give_up: bool,
    ) -> Executed:
        audience = self._audiences.open(lease.session)
        pushed = self._tracing.pushing(audience.connections)
        audience.feed.start(lease.session)
        run = LocalRun(self._records(audience.feed, lease), audience, self._clock, message)
        run.begun = begun
        self._active.add(run)
        end: RunEnd = "lost"
        try:
            run.heed_replacement()
            if control is not None:
                run.observe(control)
            async with asyncio.TaskGroup() as group:
                holding = group.create_task(keep_lease(run.record.renewal, run), name=f"lease {run.run_id}")
                end = await self._perform(run, give_up=give_up)
                holding.cancel()
        except* LeaseLost:
            logger.warning("run lost", extra=_fields(run))
        finally:
            run.is_over = True
            self._active.remove(run)
            self._audiences.release(lease.session, pushed)
        if end in {"deleted", "lost"}:
            await run.record.clear()
        waiting = run.waiting if end in {"finished", "given up"} else None
        return Executed(end, waiting, run.again_at)

    async def show(self, key: SessionKey) -> None:
        """Push the session as it is to its connections; they request the messages that they lack."""
        session = await self._blocking(self._sessions.get, key)
        # A run that has begun in the meantime shows the session itself. There is no await between this check and the
        # release.
        if session is None or self._active.of_session(key):
            return
        self._audiences.open(session).feed.show(session, [])
        self._audiences.release(session)

    async def _perform(self, run: LocalRun, *, give_up: bool) -> RunEnd:
        if give_up or is_given_up(run.lease.run):
            return await self._give_up(run)
        missing = frozenset[str]() if run.stop_reason else await self._answering.missing_tools(run)
        if missing and run.stop_reason is None and may_be_put_back(run.lease.run, self._clock()):
            logger.warning("run put back", extra={**_fields(run), "lacking": ", ".join(sorted(missing))})
            self._metrics.put_back()
            await run.record.put_back()
            return "put back"
        try:
            ended = await self._answering.run_agent(run, missing)
        except NotYet as not_yet:
            return await self._look_later(run, not_yet.wait)
        if run.stop_reason == "deleted":
            logger.info("run of a deleted session stopped", extra=_fields(run))
            return "deleted"
        if run.stop_reason == "released" and ended.ending.outcome == "interrupted":
            await run.record.release()
            logger.info("run released", extra=_fields(run))
            return "released"
        await self._finish(run, ended.ending)
        self._report(run, ended)
        return "finished"

    async def _look_later(self, run: LocalRun, wait: ChainWait) -> RunEnd:
        """Put the run back, because no worker holds a run while it waits for the chain."""
        await run.record.put_back(wait)
        run.again_at = wait.again_at
        return "put back"

    async def _finish(self, run: LocalRun, ending: Ending) -> None:
        session = await run.record.finish(ending)
        run.waiting = session.inbox[0].run_id if session.inbox else None

    async def _give_up(self, run: LocalRun) -> RunEnd:
        """The cause of the failures may be in the run's history, so the run ends without its history if necessary."""
        try:
            ended = await self._answering.given_up(run)
            await self._finish(run, ended.ending)
        except Exception as broken:  # noqa: BLE001  anything may be what is broken
            logger.warning("history not closed", extra={**_fields(run), **error_fields(broken)})
            ended = self._answering.given_up_blindly(run)
            await self._finish(run, ended.ending)
        self._report(run, ended)
        return "given up"

    def _report(self, run: LocalRun, ended: Ended) -> None:
        accepted, first_text_at = run.lease.run.submission.created_at, run.record.first_text_at
        figures = RunFigures(
            outcome=ended.ending.outcome,
            waited_ms=run.started_at - accepted,
            run_ms=self._clock() - run.started_at,
            first_text_ms=None if first_text_at is None else first_text_at - accepted,
            tokens=ended.ending.tokens,
        )
        self._metrics.run_ended(figures)
        tell_end(figures, ended.error)
        failure = {**error_fields(ended.error), **cause_fields(ended.error)} if ended.error else {}
        level = logging.WARNING if ended.error else logging.INFO
        logger.log(level, "run ended", extra={**_fields(run), **asdict(figures), **failure})


def may_be_put_back(run: ActiveRun, now: int) -> bool:
    """Give up waiting for a better-equipped worker after `PUT_BACK_MS`; the run then continues here and says what
    is missing.
    """
    return run.put_back_at is None or now - run.put_back_at < PUT_BACK_MS


def _fields(run: LocalRun) -> dict[str, str | int]:
    return run_fields(run.run_id, attempt=run.attempt)

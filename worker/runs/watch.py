"""One look at the control items of all runs of this process, every 400 ms."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from time import monotonic

from forge.errors import StorageUnavailable
from forge.models.ids import SessionKey
from forge.models.session import Control
from forge.ports import Clock, Controls
from worker.blocking import Blocking
from worker.runs.active_run import LocalRun

logger = logging.getLogger(__name__)

CONTROL_POLL_SECONDS = 0.4


JUMP_MS = 1_500
"""A clock that has moved by so much more than the time that passed has jumped: the computer slept."""


class LocalRuns:
    """The runs of this process, each attempt for itself: one that ends removes itself and no other."""

    def __init__(
        self,
        controls: Controls,
        blocking: Blocking,
        clock: Clock,
        monotonic: Callable[[], float] = monotonic,
    ) -> None:
        self._controls, self._blocking, self._clock, self._monotonic = controls, blocking, clock, monotonic
        self._runs: set[LocalRun] = set()

    def __len__(self) -> int:
        return len(self._runs)

    def add(self, run: LocalRun) -> None:
        self._runs.add(run)

    def remove(self, run: LocalRun) -> None:
        self._runs.discard(run)

    def of_session(self, key: SessionKey) -> list[LocalRun]:
        return [run for run in self._runs if run.key == key]

    def held(self, key: SessionKey, run_id: str) -> LocalRun | None:
        """An attempt at the run that this process has not lost, as far as it knows."""
        return next((run for run in self.of_session(key) if run.run_id == run_id and not run.is_over), None)

    async def watch(self) -> None:
        offset = self._clock_offset()
        while True:
            await asyncio.sleep(CONTROL_POLL_SECONDS)
            offset = self._renew_after_a_jump(offset, self._clock_offset())
            await self._look()

    async def _look(self) -> None:
        """A run that begins while this reads is not among what was read. What this sees too late the next look sees."""
        runs = set(self._runs)
        if not runs:
            return
        try:
            keys = [run.key for run in runs]
            controls = await self._blocking(self._controls.read, keys, consistent=False)
        except StorageUnavailable:
            return
        for run in runs & self._runs:
            run.observe(controls.get(run.key) or Control(key=run.key))

    def _renew_after_a_jump(self, before: float, now: float) -> float:
        """Leases that the table counts as over are still ours, unless another worker was there."""
        if now - before > JUMP_MS:
            logger.warning("clock jumped", extra={"milliseconds": round(now - before), "runs": len(self)})
            for run in self._runs:
                run.record.renew_at_once()
        return now

    def stop_all(self) -> None:
        for run in self._runs:
            run.stop("released")

    def _clock_offset(self) -> float:
        """Milliseconds between the clock that leases are written with and the one that counts while we run."""
        return self._clock() - self._monotonic() * 1_000

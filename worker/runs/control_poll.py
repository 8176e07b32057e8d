"""Reads the control items of all runs of this process together, every 400 ms."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from time import monotonic

from forge.errors import StorageUnavailable
from forge.models.session import Control
from forge.models.session_key import SessionKey
from forge.observability import error_fields
from forge.ports.clock import Clock
from forge.ports.controls import Controls
from worker.blocking_calls import Blocking
from worker.runs.active_run import LocalRun

logger = logging.getLogger(__name__)

CONTROL_POLL_SECONDS = 0.4


JUMP_MS = 1_500
"""If the clock has moved by this much more than the time that passed, it has jumped: the computer was asleep."""


class LocalRuns:
    """The attempts of this process. An attempt that ends removes only itself."""

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
        """Return an attempt at the run, unless this process knows that it has lost the run."""
        return next((run for run in self.of_session(key) if run.run_id == run_id and not run.is_over), None)

    async def watch(self) -> None:
        offset = self._clock_offset()
        while True:
            await asyncio.sleep(CONTROL_POLL_SECONDS)
            offset = self._renew_after_a_jump(offset, self._clock_offset())
            await self._look()

    async def _look(self) -> None:
        """A run that begins during the read is missing from its result. The next read finds what this one misses."""
        runs = set(self._runs)
        if not runs:
            return
        try:
            keys = [run.key for run in runs]
            controls = await self._blocking(self._controls.read, keys, consistent=False)
        except StorageUnavailable:
            return
        except Exception as error:  # noqa: BLE001  a failed call must not end the process that holds all runs
            logger.error("controls not read", extra=error_fields(error))
            return
        for run in runs & self._runs:
            run.observe(controls.get(run.key) or Control(key=run.key))

    def _renew_after_a_jump(self, before: float, now: float) -> float:
        """Leases that the table counts as ended are still ours unless another worker has claimed the runs."""
        if now - before > JUMP_MS:
            logger.warning("clock jumped", extra={"milliseconds": round(now - before), "runs": len(self)})
            for run in self._runs:
                run.record.renew_at_once()
        return now

    def stop_all(self) -> None:
        for run in self._runs:
            run.stop("released")

    def _clock_offset(self) -> float:
        """Return the milliseconds between the clock of the leases and the clock that counts while the process runs."""
        return self._clock() - self._monotonic() * 1_000

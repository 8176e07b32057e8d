"""Renews a run's lease until the run ends: when that is due, and when the lease ends, by a clock that is never set."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from forge.models.timing import RENEW_MS
from forge.models.work import Lease
from forge.ports.clock import Clock

RENEW_SECONDS = RENEW_MS / 1_000
WATCHED_FLUSH_SECONDS = 0.3
"""Time between two stores of the text of a run that a client follows by SSE."""


class RunToKeep(Protocol):
    """A run whose lease is kept."""

    @property
    def is_watched(self) -> bool: ...
    async def keep(self) -> None:
        """Store new text, or only renew the lease if that is due."""
        ...


class LeaseRenewal:
    """The times of one lease. Every write of its run renews it; `keep_lease` renews it between writes.

    `clock`: what a lease's end is counted by. `monotonic`: seconds that pass also while the clock is set.
    """

    def __init__(self, lease: Lease, clock: Clock, monotonic: Callable[[], float]) -> None:
        self.is_due = asyncio.Event()
        self._clock, self._monotonic = clock, monotonic
        self._renewed_at = monotonic()
        self._end = self._renewed_at + (lease.until - clock()) / 1_000

    @property
    def due_in(self) -> float:
        """The seconds until the lease must be renewed; 0 if it must be renewed now."""
        return max(0.0, self._renewed_at + RENEW_SECONDS - self._monotonic())

    @property
    def left(self) -> float:
        """The seconds until the lease ends; negative after its end."""
        return self._end - self._monotonic()

    def make_due(self) -> None:
        """Let the lease be renewed now."""
        self._renewed_at = self._monotonic() - RENEW_SECONDS
        self.is_due.set()

    async def wait(self, *, is_watched: bool) -> None:
        """Wait until text must be stored or the lease renewed."""
        try:
            async with asyncio.timeout(WATCHED_FLUSH_SECONDS if is_watched else self.due_in):
                await self.is_due.wait()
        except TimeoutError:
            pass
        self.is_due.clear()

    def begin_write(self) -> Callable[[Lease], None]:
        """Call this before a write and what it returns with the lease after it. The time counts from before the
        write, because nobody knows when the table did it.
        """
        started, now = self._monotonic(), self._clock()

        def written(lease: Lease) -> None:
            self._renewed_at = started
            self._end = started + (lease.until - now) / 1_000

        return written


async def keep_lease(renewal: LeaseRenewal, run: RunToKeep) -> None:
    """Renew the lease of the run and store its text, each when it is due, until cancelled. Raises `LeaseLost`, which
    ends the run, because another worker may have it by then.
    """
    while True:
        await renewal.wait(is_watched=run.is_watched)
        await run.keep()

"""When a run's lease must be renewed, and when it ends, by a clock that is never set."""

from __future__ import annotations

from collections.abc import Callable

from forge.models.timing import RENEW_MS
from forge.models.work import Lease
from forge.ports.clock import Clock

RENEW_SECONDS = RENEW_MS / 1_000


class LeaseRenewal:
    """The times of one lease. Every write of its run renews it; `keep_lease` of the run renews it between writes.

    `clock`: what a lease's end is counted by. `monotonic`: seconds that pass also while the clock is set.
    """

    def __init__(self, lease: Lease, clock: Clock, monotonic: Callable[[], float]) -> None:
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

    def ask(self) -> None:
        """Let the lease be due now."""
        self._renewed_at = self._monotonic() - RENEW_SECONDS

    def begin_write(self) -> Callable[[Lease], None]:
        """Call this before a write and what it returns with the lease after it. The time counts from before the
        write, because nobody knows when the table did it.
        """
        started, now = self._monotonic(), self._clock()

        def written(lease: Lease) -> None:
            self._renewed_at = started
            self._end = started + (lease.until - now) / 1_000

        return written

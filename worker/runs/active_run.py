"""A run in this process: the requests to stop it, and whether a client follows it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Literal

from pydantic_ai import CancellationToken

from forge.models.session import Control
from forge.models.work import Lease
from forge.ports.clock import Clock
from worker.push.audience import Audience
from worker.runs.leased_record import LeasedRecord
from worker.runs.message_visibility import Kept

StopReason = Literal["interrupted", "deleted", "released"]


class LocalRun:
    """One attempt."""

    def __init__(self, record: LeasedRecord, audience: Audience, clock: Clock, message: Kept) -> None:
        lease = record.lease
        self._message = message
        self.is_over = False
        self.waiting: str | None = None
        self.begun: Callable[[], None] = lambda: None
        self.again_at: int | None = None
        self.key, self.run_id, self.attempt = lease.key, lease.run_id, lease.attempt
        self.generation = lease.session.generation
        self.record, self.audience = record, audience
        self.token = CancellationToken()
        self.stopping = asyncio.Event()
        self.stop_reason: StopReason | None = None
        self.started_at = clock()
        self._clock = clock
        self._watched_until = 0

    @property
    def lease(self) -> Lease:
        """The session as of the run's last write."""
        return self.record.lease

    @property
    def is_watched(self) -> bool:
        """Whether a client follows by SSE, which shows only flushed text."""
        return self._watched_until > self._clock()

    def observe(self, control: Control) -> None:
        if control.deleted >= self.generation:
            self.stop("deleted")
        elif control.interrupt == self.run_id:
            self.stop("interrupted")
        was_watched, self._watched_until = self.is_watched, control.watched_until
        if self.is_watched and not was_watched:
            self.record.renewal.is_due.set()
        self.audience.follow(control.connections)

    def adopt(self, receipt: str) -> None:
        """The run's message was delivered again. This attempt continues with it, if the lease can still be renewed."""
        self._message.receipt = receipt
        self.record.renew_at_once()

    def stop(self, reason: StopReason) -> None:
        """The first reason counts, except that a deletion always counts, because nothing may be written after it."""
        if self.stop_reason is None or reason == "deleted":
            self.stop_reason = reason
        self.stopping.set()

    def heed_replacement(self) -> None:
        """Stop if a message that has been accepted meanwhile replaces the run. The function that accepted it requests
        the stop too, and may have failed after that.
        """
        if self.run_id in self.lease.session.replaced:
            self.stop("interrupted")

    async def keep(self) -> None:
        await self.record.keep(is_watched=self.is_watched)
        self.heed_replacement()

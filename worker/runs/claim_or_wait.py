"""Claims runs. If a dead worker's lease has not ended when the message comes back, this waits once for its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from forge.errors import LeaseHeld, StorageUnavailable
from forge.models.run import RunMessage
from forge.models.session import Control
from forge.models.session_key import SessionKey
from forge.models.work import Lease
from forge.ports.clock import Clock
from forge.ports.controls import Controls
from forge.ports.runs import Runs
from worker.blocking_calls import Blocking
from worker.runs.fair_share import Capacity


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Claims runs for this worker."""

    worker_id: str
    """The id that the leases carry."""
    runs: Runs
    """Claims a run in the store."""
    controls: Controls
    """Reads the session's control item while the run is claimed."""
    blocking: Blocking
    """The threads in which the store is called."""
    capacity: Capacity
    """Tells whether this worker is stopping; then it does not claim after the wait."""
    clock: Clock
    """The time in epoch milliseconds."""

    async def claim(
        self, message: RunMessage, waits: Callable[[], None] = lambda: None
    ) -> tuple[Lease, Control | None]:
        """Read the control item concurrently with the claim. None: the control item could not be read yet.

        `waits` is called if the claim waits for the end of another worker's lease.
        """
        reading = asyncio.create_task(self._control(message.key), name=f"control {message.run_id}")
        try:
            return await self._lease(message, waits), await reading
        finally:
            reading.cancel()

    async def _control(self, key: SessionKey) -> Control | None:
        try:
            return (await self.blocking(self.controls.read, [key])).get(key) or Control(key=key)
        except StorageUnavailable:
            return None

    async def _lease(self, message: RunMessage, waits: Callable[[], None]) -> Lease:
        """Raises `LeaseHeld` if the lease was renewed in the meantime, because its worker is alive then."""
        try:
            return await self._claim(message)
        except LeaseHeld as held:
            waits()
            await asyncio.sleep(max(0, held.until + 1 - self.clock()) / 1_000)
            if self.capacity.is_stopping:
                raise
        return await self._claim(message)

    async def _claim(self, message: RunMessage) -> Lease:
        return await self.blocking(self.runs.claim, message, self.worker_id)

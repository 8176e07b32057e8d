"""Holding a run, its lease with its text and its queue message, until the run ends or the lease is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from forge.errors import StorageUnavailable
from worker.resources import Resources
from worker.run import RunInProgress

FIRST_EXTEND_SECONDS = 1.0
"""Soon: what was received is hidden for 3 s only, so that a poll that outlives its worker takes nothing for long."""
EXTEND_SECONDS = 2.0
VISIBILITY_SECONDS = 8
WATCHED_FLUSH_SECONDS = 0.3


async def keep_lease(run: RunInProgress) -> None:
    """Raises `LeaseLost`, which ends the run: by then another worker may have it."""
    while True:
        await _due(run.record.is_due, WATCHED_FLUSH_SECONDS if run.is_watched else run.record.renewal_due_in)
        await run.record.keep()


async def keep_message(resources: Resources, receipt: Callable[[], str]) -> None:
    """Failing here is not the end: the run is the lease holder's, even when its message is delivered again."""
    await asyncio.sleep(FIRST_EXTEND_SECONDS)
    while True:
        with suppress(StorageUnavailable):
            await resources.blocking(resources.queue.extend, receipt(), VISIBILITY_SECONDS)
        await asyncio.sleep(EXTEND_SECONDS)


async def _due(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
    event.clear()

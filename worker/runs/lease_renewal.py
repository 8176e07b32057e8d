"""Renews a run's lease, and stores its text, until the run ends or the lease is lost."""

from __future__ import annotations

import asyncio

from worker.runs.active_run import LocalRun

WATCHED_FLUSH_SECONDS = 0.3


async def keep_lease(run: LocalRun) -> None:
    """Raises `LeaseLost`, which ends the run, because another worker may have it by then."""
    while True:
        await _due(run.record.is_due, WATCHED_FLUSH_SECONDS if run.is_watched else run.record.renewal_due_in)
        await run.record.keep(is_watched=run.is_watched)


async def _due(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
    event.clear()

"""Holding a run: its lease with its text, and its queue message, until the run ends or the lease is lost."""

from __future__ import annotations

import asyncio
import logging

from forge.errors import StorageUnavailable
from worker.resources import Resources
from worker.run import RunInProgress

logger = logging.getLogger(__name__)

EXTEND_SECONDS = 2.0
VISIBILITY_SECONDS = 8
WATCHED_FLUSH_SECONDS = 0.3
FLUSH_SECONDS = 2.0


async def keep_lease(run: RunInProgress) -> None:
    """Raises `LeaseLost`, which ends the run: by then another worker may have it."""
    while True:
        await _due(run.record.is_due, WATCHED_FLUSH_SECONDS if run.is_watched else FLUSH_SECONDS)
        await run.record.keep()


async def keep_message(resources: Resources, receipt: str) -> None:
    """Failing here is not the end: the run is the lease holder's, even when its message is delivered again."""
    while True:
        await asyncio.sleep(EXTEND_SECONDS)
        try:
            await resources.blocking(resources.queue.extend, receipt, VISIBILITY_SECONDS)
        except StorageUnavailable as error:
            logger.warning("queue message not extended", extra={"reason": error.detail})


async def _due(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
    event.clear()

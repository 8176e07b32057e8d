"""Holding a run, its lease with its text and its queue message, until the run ends or the lease is lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from forge.errors import StorageUnavailable
from forge.models.timing import LOOK_SECONDS, VISIBILITY_SECONDS
from forge.observability import error_fields
from forge.ports import RunQueue
from worker.blocking import Blocking
from worker.runs.active_run import LocalRun
from worker.runs.kept_messages import Kept, KeptMessages

logger = logging.getLogger(__name__)

WATCHED_FLUSH_SECONDS = 0.3


async def keep_lease(run: LocalRun) -> None:
    """Raises `LeaseLost`, which ends the run: by then another worker may have it."""
    while True:
        await _due(run.record.is_due, WATCHED_FLUSH_SECONDS if run.is_watched else run.record.renewal_due_in)
        await run.record.keep(is_watched=run.is_watched)


async def keep_messages(kept: KeptMessages, queue: RunQueue, blocking: Blocking) -> None:
    """For ever, the messages of all runs and commands. A call that takes long keeps no other messages waiting."""
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as group:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for batch in kept.begin_batches(loop.time()):
                group.create_task(_extend(kept, queue, blocking, batch), name="messages")


async def _extend(kept: KeptMessages, queue: RunQueue, blocking: Blocking, batch: Sequence[Kept]) -> None:
    """Failing here is not the end: a run is the lease holder's, even when its message is delivered again."""
    receipts = [each.receipt() for each in batch]
    try:
        await blocking(queue.extend_all, receipts, VISIBILITY_SECONDS)
    except StorageUnavailable:
        pass
    except Exception as error:  # noqa: BLE001  one call must not end the process that holds all runs
        logger.log(logging.ERROR, "messages not kept", extra=error_fields(error))
    finally:
        kept.end_batch(batch, asyncio.get_running_loop().time())


async def _due(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
    event.clear()

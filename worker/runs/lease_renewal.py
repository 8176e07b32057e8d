"""Holds a run until it ends or its lease is lost: renews its lease, stores its text and keeps its queue message
invisible.
"""

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
    """Raises `LeaseLost`, which ends the run, because another worker may have it by then."""
    while True:
        await _due(run.record.is_due, WATCHED_FLUSH_SECONDS if run.is_watched else run.record.renewal_due_in)
        await run.record.keep(is_watched=run.is_watched)


async def keep_messages(kept: KeptMessages, queue: RunQueue, blocking: Blocking) -> None:
    """Extend the messages of all runs and commands, without end. A slow call does not delay other messages."""
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as group:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for batch in kept.begin_batches(loop.time()):
                group.create_task(_extend(kept, queue, blocking, batch), name="messages")


async def _extend(kept: KeptMessages, queue: RunQueue, blocking: Blocking, batch: Sequence[Kept]) -> None:
    """A failure here does not end the run: the run belongs to the holder of the lease, even if its message is
    delivered again.
    """
    receipts = [each.receipt() for each in batch]
    try:
        await blocking(queue.extend_all, receipts, VISIBILITY_SECONDS)
    except StorageUnavailable:
        pass
    except Exception as error:  # noqa: BLE001  a failed call must not end the process that holds all runs
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

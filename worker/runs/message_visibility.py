"""Keeps the queue messages of everything that this process works on invisible to other workers (SQS visibility
timeout), by calls for ten messages each.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from forge.errors import StorageUnavailable
from forge.models.timing import EXTEND_SECONDS, FIRST_EXTEND_SECONDS, LOOK_SECONDS, VISIBILITY_SECONDS
from forge.observability import error_fields
from forge.ports.queue import RunQueue
from worker.blocking_calls import Blocking

logger = logging.getLogger(__name__)

BATCH = 10
"""Maximum messages that SQS accepts in one call."""


@dataclass(eq=False)
class Kept:
    """A queue message that is kept invisible."""

    receipt: Callable[[], str]
    """Returns the receipt handle of the message's last delivery."""
    due_at: float
    """The time at which the visibility timeout must be extended again, by the event loop's clock."""
    is_under_way: bool = False
    """True while a call that extends it is in progress."""


class KeptMessages:
    """Times are those of the event loop's clock."""

    def __init__(self) -> None:
        self._kept: set[Kept] = set()

    @contextmanager
    def keep(self, receipt: Callable[[], str], now: float) -> Generator[None]:
        kept = Kept(receipt, now + FIRST_EXTEND_SECONDS)
        self._kept.add(kept)
        try:
            yield
        finally:
            self._kept.discard(kept)

    def begin_batches(self, now: float) -> list[Sequence[Kept]]:
        """Return the messages that are due. Free room in the last batch goes to those that are due next, which
        costs nothing; from then on they are due together.
        """
        waiting = sorted((kept for kept in self._kept if not kept.is_under_way), key=lambda kept: kept.due_at)
        due = sum(kept.due_at <= now for kept in waiting)
        calls = -(-due // BATCH)
        batches = [waiting[number * BATCH : (number + 1) * BATCH] for number in range(calls)]
        for kept in (kept for batch in batches for kept in batch):
            kept.is_under_way = True
        return list(batches)

    def end_batch(self, batch: Sequence[Kept], now: float) -> None:
        for kept in batch:
            kept.is_under_way, kept.due_at = False, now + EXTEND_SECONDS


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
        logger.error("messages not kept", extra=error_fields(error))
    finally:
        kept.end_batch(batch, asyncio.get_running_loop().time())

"""Keeps received queue messages invisible to other workers (SQS visibility timeout) until their deliveries are settled,
by calls for ten messages each.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from forge.errors import StorageUnavailable
from forge.models.timing import EXTEND_SECONDS, FIRST_EXTEND_SECONDS, LOOK_SECONDS, VISIBILITY_SECONDS
from forge.observability import error_fields
from forge.ports.queue import RunQueue
from worker.blocking_calls import Blocking

logger = logging.getLogger(__name__)

BATCH = 10
"""Maximum messages that SQS accepts in one call."""
THREADS = 4
"""Threads that only extend messages. When hundreds of runs begin at once, the others are busy."""


@dataclass(eq=False)
class Kept:
    """A queue message that is kept invisible."""

    receipt: str
    """The receipt handle of the message's last delivery. It changes if the message is delivered again."""
    due_at: float
    """The time at which the visibility timeout must be extended again, by the event loop's clock."""
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    """Set unless a call that extends it is in progress."""

    def __post_init__(self) -> None:
        self.idle.set()


class KeptMessages:
    """Times are those of the event loop's clock."""

    def __init__(self) -> None:
        self._kept: set[Kept] = set()

    @contextmanager
    def keep(self, receipt: str, now: float) -> Generator[Kept]:
        """Keep a message that was received `now`, until the end of the block or until its delivery is settled."""
        kept = Kept(receipt, now + FIRST_EXTEND_SECONDS)
        self._kept.add(kept)
        try:
            yield kept
        finally:
            self._kept.discard(kept)

    def end(self, receipt: str) -> list[Kept]:
        """Keep the message no longer."""
        ended = [kept for kept in self._kept if kept.receipt == receipt]
        self._kept.difference_update(ended)
        return ended

    async def end_calls(self, receipt: str) -> None:
        """Keep the message no longer, and wait for a call that extends it, which would hide it when it is put back."""
        for kept in self.end(receipt):
            await kept.idle.wait()

    def begin_batches(self, now: float) -> list[Sequence[Kept]]:
        """Return the messages that are due. Free room in the last batch goes to those that are due next, which
        costs nothing; from then on they are due together.
        """
        waiting = sorted((kept for kept in self._kept if kept.idle.is_set()), key=lambda kept: kept.due_at)
        due = sum(kept.due_at <= now for kept in waiting)
        calls = -(-due // BATCH)
        batches = [waiting[number * BATCH : (number + 1) * BATCH] for number in range(calls)]
        for kept in (kept for batch in batches for kept in batch):
            kept.idle.clear()
        return list(batches)

    def end_batch(self, batch: Sequence[Kept], now: float) -> None:
        for kept in batch:
            kept.due_at = now + EXTEND_SECONDS
            kept.idle.set()


async def keep_messages(kept: KeptMessages, queue: RunQueue, blocking: Blocking) -> None:
    """Extend the messages of all deliveries, without end. A slow call does not delay other messages."""
    loop, threads = asyncio.get_running_loop(), blocking.apart(THREADS)
    async with asyncio.TaskGroup() as group:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for batch in kept.begin_batches(loop.time()):
                group.create_task(_extend(kept, queue, threads, batch), name="messages")


async def _extend(kept: KeptMessages, queue: RunQueue, blocking: Blocking, batch: Sequence[Kept]) -> None:
    """A failure here does not end the run: the run belongs to the holder of the lease, even if its message is
    delivered again.
    """
    receipts = [each.receipt for each in batch]
    try:
        await blocking(queue.extend_all, receipts, VISIBILITY_SECONDS)
    except StorageUnavailable:
        pass
    except Exception as error:  # noqa: BLE001  a failed call must not end the process that holds all runs
        logger.error("messages not kept", extra=error_fields(error))
    finally:
        kept.end_batch(batch, asyncio.get_running_loop().time())

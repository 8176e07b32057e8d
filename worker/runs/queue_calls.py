"""Settles a queue message, which is not kept invisible afterwards.

Each call is repeated for a while, because there is no other way to settle the message.
"""

from __future__ import annotations

from forge.models.run import CommandMessage, RunMessage
from forge.models.work import Delivery
from forge.ports.queue import RunQueue
from worker.blocking_calls import Blocking
from worker.runs.message_visibility import KeptMessages

RENEWED_RECEIVES = 50
"""A message that was put off this often is sent again: this is half of the deliveries that the queue allows
(`template.yaml`).
"""


class QueueCalls:
    def __init__(self, queue: RunQueue, blocking: Blocking, kept: KeptMessages) -> None:
        self._queue, self._blocking, self._kept = queue, blocking, kept

    async def delete(self, delivery: Delivery) -> None:
        """The session's next message becomes visible only after this."""
        await self._blocking.retry(self._queue.delete, delivery.receipt)
        self._kept.end(delivery.receipt)

    async def dead_letter(self, delivery: Delivery) -> None:
        """The run has ended, so a message that came back would only be deleted, and no operator would learn of the
        failure.
        """
        await self._blocking.retry(self._queue.dead_letter, delivery)
        self._kept.end(delivery.receipt)

    async def put_off(self, delivery: Delivery, seconds: int) -> None:
        """Put the message off as often as necessary. A new message replaces it in time, or the queue would move it
        to the dead letters.
        """
        if delivery.receives < RENEWED_RECEIVES:
            return await self.release(delivery, seconds)
        await self.resend(delivery.body)
        await self.delete(delivery)
        return None

    async def release(self, delivery: Delivery, seconds: int) -> None:
        await self._kept.end_calls(delivery.receipt)
        await self._blocking.retry(self._queue.extend, delivery.receipt, seconds)

    async def resend(self, message: RunMessage | CommandMessage) -> None:
        await self._blocking.retry(self._resend, message)

    def _resend(self, message: RunMessage | CommandMessage) -> None:
        self._queue.send(message, resend=True)

"""What becomes of a queue message. Each of these is repeated for a while, for nothing else can be done about it."""

from __future__ import annotations

from forge.models.run import CommandMessage, RunMessage
from forge.ports import Delivery, RunQueue
from worker.blocking import Blocking

RENEWED_RECEIVES = 50
"""A message that was put off so often is sent anew: half of the deliveries that the queue allows (`template.yaml`)."""


class Settling:
    def __init__(self, queue: RunQueue, blocking: Blocking) -> None:
        self._queue, self._blocking = queue, blocking

    async def delete(self, delivery: Delivery) -> None:
        """Until then the queue keeps the session's next message back."""
        await self._blocking.retry(self._queue.delete, delivery.receipt)

    async def dead_letter(self, delivery: Delivery) -> None:
        """Its run has ended: if this message came back it would just be deleted, and no operator would hear of it."""
        await self._blocking.retry(self._queue.dead_letter, delivery)

    async def put_off(self, delivery: Delivery, seconds: int) -> None:
        """As often as it takes: the queue would take a message that it has delivered too often for a dead letter."""
        if delivery.receives < RENEWED_RECEIVES:
            return await self.release(delivery, seconds)
        await self.resend(delivery.body)
        await self.delete(delivery)
        return None

    async def release(self, delivery: Delivery, seconds: int) -> None:
        await self._blocking.retry(self._queue.extend, delivery.receipt, seconds)

    async def resend(self, message: RunMessage | CommandMessage) -> None:
        await self._blocking.retry(self._resend, message)

    def _resend(self, message: RunMessage | CommandMessage) -> None:
        self._queue.send(message, resend=True)

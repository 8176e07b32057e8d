"""Decides what becomes of a queue message when its run has ended here: deleted, put back, sent again, or moved to the
dead letters.
"""

from __future__ import annotations

import math
from dataclasses import replace

from forge.models.run import RunMessage
from forge.models.timing import HELD_RETRY_SECONDS
from forge.models.work import Delivery, Lease
from forge.ports.clock import Clock
from forge.ports.controls import Controls
from forge.ports.sessions import Sessions
from worker.blocking_calls import Blocking
from worker.runs.execution import Executed
from worker.runs.fair_share import Capacity
from worker.runs.queue_calls import QueueCalls


class DeliveryAfterRun:
    def __init__(
        self,
        *,
        worker_id: str,
        queue_calls: QueueCalls,
        capacity: Capacity,
        sessions: Sessions,
        controls: Controls,
        blocking: Blocking,
        clock: Clock,
    ) -> None:
        self._worker_id, self._queue_calls, self._capacity = worker_id, queue_calls, capacity
        self._sessions, self._controls, self._blocking, self._clock = sessions, controls, blocking, clock

    async def decide(
        self, message: RunMessage, delivery: Delivery, lease: Lease, done: Executed
    ) -> RunMessage | None:
        """Return the next message to handle under the same delivery; None if the delivery is settled."""
        following = (
            message.model_copy(update={"run_id": done.waiting, "attempt": 1, "sent_at": 0})
            if done.waiting
            else None
        )
        match done.end:
            case "released":
                await self._queue_calls.release(delivery, 0)
            case "put back":
                await self._queue_calls.put_off(delivery, await self._pause(lease, done))
            case "lost":
                return await self._taken_up_again(message)
            case "given up":
                ended = message.model_copy(update={"run_id": lease.run_id, "attempt": lease.attempt})
                await self._queue_calls.dead_letter(replace(delivery, body=ended))
                if following:
                    await self._queue_calls.resend(following)
            case "deleted":
                await self._queue_calls.delete(delivery)
            case "finished":
                if following and self._capacity.may_go_on(following):
                    return following
                if following:
                    await self._queue_calls.resend(following)
                await self._queue_calls.delete(delivery)
        return None

    async def _pause(self, lease: Lease, done: Executed) -> int:
        """Return the seconds until a run that was put back comes again: 0 if a client has just stopped it.

        The stopping function may have found the run held and left the rest to this worker.
        """
        if done.again_at is None:
            return HELD_RETRY_SECONDS
        controls = await self._blocking.retry(self._controls.read, [lease.key])
        control = controls.get(lease.key) if controls else None
        if control and (control.interrupt == lease.run_id or control.deleted >= lease.session.generation):
            return 0
        return max(0, math.ceil((done.again_at - self._clock()) / 1_000))

    async def _taken_up_again(self, message: RunMessage) -> RunMessage | None:
        """Only a run that another worker has taken over is left to that worker.

        If the lease ended while this worker could not renew it, the run may still be unclaimed. Then this worker
        continues it and no other need wait. If the run has ended, or its session, the claim says so, and the message
        is deleted. Until then it would hold back the messages that follow in its group.
        """
        session = await self._blocking.retry(self._sessions.get, message.key)
        active = session.active if session and session.generation == message.generation else None
        return message if active is None or active.worker == self._worker_id else None

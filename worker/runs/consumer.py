"""The worker's life: receive, claim, execute, delete; and stop without losing anything."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine

from forge.errors import LeaseLost, StorageUnavailable
from forge.models.run import CommandMessage, RunMessage
from forge.models.session_key import SessionKey
from forge.models.work import Delivery
from forge.observability import error_fields
from forge.ports.queue import RunQueue
from worker.blocking_calls import Blocking
from worker.mcp_commands.command_answers import CommandAnswers
from worker.runs.control_poll import LocalRuns
from worker.runs.failed_deliveries import FailedDeliveries
from worker.runs.fair_share import Capacity, holder_of, pause_after
from worker.runs.graceful_stop import wind_up
from worker.runs.message_visibility import KeptMessages
from worker.runs.queue_calls import QueueCalls
from worker.runs.run_deliveries import RunDeliveries
from worker.tool_outcomes import broke_off

logger = logging.getLogger(__name__)

WAIT_SECONDS = 2
"""SQS long-poll time; shutdown waits at most this long for a poll to return."""
COMMANDS_SHARE = 4
"""Commands hold at most one place in this many, so that waiting commands leave the others free for people's
messages.
"""
COMMAND_RETRY_SECONDS = 1
_RECEIVE_LIMIT = 10
_PAUSE_SECONDS = 1.0


class Consumer:
    def __init__(
        self,
        *,
        queue: RunQueue,
        blocking: Blocking,
        capacity: Capacity,
        active: LocalRuns,
        runs: RunDeliveries,
        commands: CommandAnswers,
        kept: KeptMessages,
        queue_calls: QueueCalls,
        failed: FailedDeliveries,
    ) -> None:
        self._queue, self._blocking = queue, blocking
        self._capacity, self._active = capacity, active
        self._runs, self._commands, self._kept = runs, commands, kept
        self._queue_calls, self._failed = queue_calls, failed
        self._has_received = False
        self._command_places = asyncio.Semaphore(max(1, capacity.count // COMMANDS_SHARE))

    async def consume(self, stop: asyncio.Event, stop_seconds: float) -> None:
        """Consume until `stop`. Then runs may continue for `stop_seconds`, and the rest is released for takeover."""
        async with asyncio.TaskGroup() as group:
            receiving = group.create_task(self._keep_receiving(group, stop), name="receive")
            await stop.wait()
            logger.info("worker stopping", extra={"runs": len(self._active)})
            await wind_up(receiving, WAIT_SECONDS, self._capacity, self._active, stop_seconds)

    async def _keep_receiving(self, group: asyncio.TaskGroup, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self._receive(group, stop)

    async def _receive(self, group: asyncio.TaskGroup, stop: asyncio.Event) -> None:
        deliveries = self._capacity.deliveries
        while not self._capacity.free:
            await asyncio.wait(deliveries, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():  # what came now could only be put back
            return
        batch = await self._next_batch()
        started: set[SessionKey] = set()
        for delivery in batch:
            task = group.create_task(
                self._first_of_session(delivery, started, stop), name=f"delivery {delivery.receipt[:16]}"
            )
            deliveries.add(task)
            task.add_done_callback(deliveries.discard)

    async def _next_batch(self) -> list[Delivery]:
        """Return none, after a pause, if the queue fails. The runs of this process go on.

        If the first call fails unexpectedly, the worker ends: its configuration is wrong, and a deployment must not
        replace others by it.
        """
        most = min(self._capacity.free, _RECEIVE_LIMIT)
        try:
            batch = await self._blocking(self._queue.receive, most, WAIT_SECONDS)
        except StorageUnavailable:
            pass
        except Exception as error:
            if not self._has_received:
                raise
            logger.error("messages not received", extra=error_fields(error))
        else:
            self._has_received = True
            return batch
        await asyncio.sleep(_PAUSE_SECONDS)
        return []

    def _first_of_session(
        self, delivery: Delivery, started: set[SessionKey], stop: asyncio.Event
    ) -> Coroutine[None, None, None]:
        """Handle one message per session and batch; FIFO order holds the rest back until it is deleted."""
        if isinstance(delivery.body, RunMessage):
            if delivery.body.key in started:
                return self._queue_calls.release(delivery, 0)
            started.add(delivery.body.key)
        return self._handle(delivery, stop)

    async def _handle(self, delivery: Delivery, stop: asyncio.Event) -> None:
        """An error in one delivery does not stop the worker. A delivery that could not be settled becomes visible
        again by itself.
        """
        try:
            if stop.is_set():  # the last poll may still bring messages
                await self._queue_calls.release(delivery, 0)
            else:
                await self._hold_place(delivery)
        except LeaseLost:
            logger.info("lease lost", extra={"receives": delivery.receives})
        except BaseException as error:
            if not broke_off(error):
                raise
            await self._settle_fault(delivery, error)

    async def _hold_place(self, delivery: Delivery) -> None:
        """A message beyond its caller's share goes back to the queue: nothing is lost, and it does not count as an
        attempt.
        """
        body, holder = delivery.body, holder_of(delivery.body)
        if not self._capacity.places.take(holder):
            logger.info("beyond the caller's share", extra={"receives": delivery.receives})
            return await self._queue_calls.put_off(delivery, pause_after(delivery.receives))
        try:
            if isinstance(body, CommandMessage):
                await self._run_command(body, delivery)
            else:
                await self._runs.handle(body, delivery)
        finally:
            self._capacity.places.give_back(holder)
        return None

    async def _settle_fault(self, delivery: Delivery, error: BaseException) -> None:
        try:
            await self._failed.settle(delivery, error)
        except Exception as broken:  # noqa: BLE001
            fields = {"receives": delivery.receives, **error_fields(broken)}
            logger.error("delivery not settled", extra=fields)

    async def _run_command(self, message: CommandMessage, delivery: Delivery) -> None:
        if self._command_places.locked():
            logger.info("command put back", extra={"receives": delivery.receives})
            return await self._queue_calls.put_off(delivery, COMMAND_RETRY_SECONDS)
        async with self._command_places:
            await self._answer_command(message, delivery)
        return None

    async def _answer_command(self, message: CommandMessage, delivery: Delivery) -> None:
        with self._kept.keep(delivery.receipt, asyncio.get_running_loop().time()):
            await self._commands.answer(message)
            await self._queue_calls.delete(delivery)

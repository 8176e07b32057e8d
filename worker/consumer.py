"""The worker's life: receive, claim, execute, delete; and stop without losing anything."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace

from forge.errors import ForgeError, LeaseHeld, LeaseLost, RunGone, SessionUnreadable, StorageUnavailable
from forge.models.ids import SessionKey
from forge.models.run import CommandMessage, RunMessage
from forge.models.session import Control
from forge.observability import error_fields, run_fields
from forge.ports import Delivery, Lease
from worker.commands import answer_command
from worker.execute_run import Executed, RunExecutor
from worker.places import Places, holder_of, pause_after
from worker.poison import PoisonRule
from worker.resources import Resources
from worker.tool_outcomes import broke_off
from worker.watch import ActiveRuns

logger = logging.getLogger(__name__)

WAIT_SECONDS = 2
"""Of one long poll: the longest that stopping has to wait for it."""
RETRY_SECONDS = 2
"""After which a message whose run another worker holds comes back."""
UNREADABLE_RECEIVES = 3
"""After so many deliveries the run of a session that cannot be read is given up."""
COMMANDS_SHARE = 4
"""Commands hold at most one place in so many: whatever they wait for, the others stay free for people's messages."""
COMMAND_RETRY_SECONDS = 1
RENEWED_RECEIVES = 50
"""A message that was put off so often is sent anew: half of the deliveries that the queue allows (`template.yaml`)."""
_RECEIVE_LIMIT = 10
_RELEASE_SECONDS = 3


class Consumer:
    def __init__(
        self, resources: Resources, active: ActiveRuns, executor: RunExecutor, concurrency: int
    ) -> None:
        self._resources, self._active, self._executor = resources, active, executor
        self._free = asyncio.Semaphore(concurrency)
        self._concurrency = concurrency
        self._is_stopping = False
        self._places = Places(concurrency)
        self._command_places = asyncio.Semaphore(max(1, concurrency // COMMANDS_SHARE))
        self._deliveries: set[asyncio.Task[None]] = set()
        self._poison = PoisonRule(resources, self._give_up)

    async def consume(self, stop: asyncio.Event, stop_seconds: float) -> None:
        """Until `stop`; then runs may go on for `stop_seconds`, and what is left is released for takeover."""
        async with asyncio.TaskGroup() as group:
            receiving = group.create_task(self._keep_receiving(group, stop), name="receive")
            await stop.wait()
            logger.info("worker stopping", extra={"runs": len(self._active)})
            await self._wind_up(receiving, stop_seconds)

    async def _keep_receiving(self, group: asyncio.TaskGroup, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self._receive(group, stop)

    async def _receive(self, group: asyncio.TaskGroup, stop: asyncio.Event) -> None:
        async with self._free:
            free = self._concurrency - len(self._deliveries)
        try:
            batch = await self._resources.blocking(
                self._resources.queue.receive, min(free, _RECEIVE_LIMIT), WAIT_SECONDS
            )
        except StorageUnavailable:
            await asyncio.sleep(1)
            return
        started: set[SessionKey] = set()
        for delivery in batch:
            await self._free.acquire()
            task = group.create_task(
                self._turn(delivery, started, stop), name=f"delivery {delivery.receipt[:16]}"
            )
            self._deliveries.add(task)
            task.add_done_callback(self._done)

    def _turn(
        self, delivery: Delivery, started: set[SessionKey], stop: asyncio.Event
    ) -> Coroutine[None, None, None]:
        """Of a session's messages only the first is handled; the queue keeps the others until that is deleted."""
        if isinstance(delivery.body, RunMessage):
            if delivery.body.key in started:
                return self._release(delivery, 0)
            started.add(delivery.body.key)
        return self._handle(delivery, stop)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._deliveries.discard(task)
        self._free.release()

    async def _wind_up(self, receiving: asyncio.Task[None], seconds: float) -> None:
        """What the last poll still brings is put back by `_handle`."""
        self._is_stopping = True
        if self._deliveries:
            await asyncio.wait(self._deliveries, timeout=seconds)
        self._active.stop_all()
        await asyncio.wait({receiving}, timeout=WAIT_SECONDS)
        if self._deliveries:
            await asyncio.wait(self._deliveries, timeout=_RELEASE_SECONDS)
        for task in {receiving, *self._deliveries}:
            task.cancel()

    async def _handle(self, delivery: Delivery, stop: asyncio.Event) -> None:
        """A delivery never takes the worker with it. What could not even be settled comes back by itself."""
        try:
            if stop.is_set():
                await self._release(delivery, 0)
            else:
                await self._hold_place(delivery)
        except LeaseLost:
            logger.info("lease lost", extra={"receives": delivery.receives})
        except BaseException as error:
            if not broke_off(error):
                raise
            await self._settle_fault(delivery, error)

    async def _hold_place(self, delivery: Delivery) -> None:
        """What is beyond its caller's share goes back to the queue: nothing is lost, and no attempt is spent."""
        body, holder = delivery.body, holder_of(delivery.body)
        if not self._places.take(holder):
            logger.info("beyond the caller's share", extra={"receives": delivery.receives})
            return await self._put_off(delivery, pause_after(delivery.receives))
        try:
            if isinstance(body, CommandMessage):
                await self._run_command(body, delivery)
            else:
                await self._run(body, delivery)
        finally:
            self._places.give_back(holder)
        return None

    async def _settle_fault(self, delivery: Delivery, error: BaseException) -> None:
        try:
            await self._poison.settle(delivery, error)
        except Exception as broken:  # noqa: BLE001
            fields = {"receives": delivery.receives, **error_fields(broken)}
            logger.log(logging.ERROR, "delivery not settled", extra=fields)

    async def _run(self, message: RunMessage, delivery: Delivery) -> None:
        """Runs of a session go in the order of acceptance, so an earlier one than the message names may come first.

        When the named run has ended, what waits behind it goes on here: its own message may have been lost.
        """
        if mine := self._active.held(message.key, message.run_id):
            logger.info("run goes on here", extra=run_fields(message.run_id, receives=delivery.receives))
            return mine.adopt(delivery.receipt)
        todo: RunMessage | None = message
        while todo is not None:
            try:
                lease, control = await self._claim(todo)
            except (RunGone, LeaseHeld, SessionUnreadable, StorageUnavailable) as error:
                return await self._not_claimed(todo, delivery, error)
            self._note_claim(lease, todo)
            done = await self._executed(lease, control, delivery)
            delivery = replace(delivery, receipt=done.receipt)
            todo = await self._after(todo, delivery, lease, done)
        return None

    async def _executed(self, lease: Lease, control: Control | None, delivery: Delivery) -> Executed:
        """A run that broke off is free at once, so that its next attempt need not wait for the end of the lease."""
        try:
            return await self._executor.execute(lease, control, delivery.receipt)
        except BaseException as error:
            if broke_off(error):
                with suppress(LeaseLost, StorageUnavailable):
                    await self._resources.blocking(self._resources.runs.release, lease)
            raise

    async def _after(
        self, message: RunMessage, delivery: Delivery, lease: Lease, done: Executed
    ) -> RunMessage | None:
        """The message to go on with under the same delivery; None when that is settled."""
        following = (
            message.model_copy(update={"run_id": done.waiting, "attempt": 1, "sent_at": 0})
            if done.waiting
            else None
        )
        match done.end:
            case "released":
                await self._release(delivery, 0)
            case "put back":
                await self._put_off(delivery, await self._pause(lease, done))
            case "lost":
                return await self._taken_up_again(message)
            case "buried":
                ended = message.model_copy(update={"run_id": lease.run_id, "attempt": lease.attempt})
                await self._bury(replace(delivery, body=ended))
                if following:
                    await self._resources.blocking.insist(self._resend, following)
            case "deleted":
                await self._delete(delivery)
            case "finished":
                if following and self._may_go_on(following):
                    return following
                if following:
                    await self._resources.blocking.insist(self._resend, following)
                await self._delete(delivery)
        return None

    def _may_go_on(self, following: RunMessage) -> bool:
        """Without the queue; else others that wait there come first."""
        is_fair = self._places.is_fair(holder_of(following))
        return is_fair and not self._is_stopping and not self._free.locked()

    async def _pause(self, lease: Lease, done: Executed) -> int:
        """Seconds until a run that was put back comes again; none, if somebody has stopped it just now.

        They may have found it held and left the rest to this worker.
        """
        if done.again_at is None:
            return RETRY_SECONDS
        controls = await self._resources.blocking.insist(self._resources.controls.read, [lease.key])
        control = controls.get(lease.key) if controls else None
        if control and (control.interrupt == lease.run_id or control.deleted >= lease.session.generation):
            return 0
        return max(0, math.ceil((done.again_at - self._resources.clock()) / 1_000))

    async def _taken_up_again(self, message: RunMessage) -> RunMessage | None:
        """A lease that ran out while this worker could not renew it may be free: then nobody need wait for another."""
        session = await self._resources.blocking.insist(self._resources.sessions.hot, message.key)
        active = session.active if session else None
        is_free = active is not None and active.worker == self._resources.worker_id
        return message if is_free else None

    def _resend(self, message: RunMessage | CommandMessage) -> None:
        self._resources.queue.send(message, resend=True)

    async def _not_claimed(self, message: RunMessage, delivery: Delivery, error: ForgeError) -> None:
        match error:
            case RunGone():
                await self._settle(message, delivery)
            case SessionUnreadable():
                await self._give_up_unreadable(message, delivery)
            case _:
                logger.info("run not claimed", extra=run_fields(message.run_id, reason=type(error).__name__))
                await self._release(delivery, RETRY_SECONDS)

    async def _settle(self, message: RunMessage, delivery: Delivery) -> None:
        """A run that has ended already: whoever ended it may have died before the connections heard of it."""
        logger.info("run ended already", extra=run_fields(message.run_id, receives=delivery.receives))
        await self._delete(delivery)
        if delivery.receives > 1:
            await self._executor.show(message.key)

    async def _give_up_unreadable(self, message: RunMessage, delivery: Delivery) -> None:
        """A worker of another version may be able to read the session, so the first deliveries are put back."""
        self._resources.metrics.session_unreadable()
        is_last = delivery.receives >= UNREADABLE_RECEIVES
        fields = run_fields(message.run_id, receives=delivery.receives, is_given_up=is_last)
        logger.warning("session not readable", extra=fields)
        if is_last:
            await self._resources.blocking.insist(self._resources.inbox.stop_unreadable, message.key)
            await self._bury(delivery)
        else:
            await self._release(delivery, RETRY_SECONDS)

    async def _claim(self, message: RunMessage) -> tuple[Lease, Control | None]:
        """The connections are read beside the claim: neither has to wait for the other. None: not known yet."""
        resources, key = self._resources, message.key
        reading = asyncio.ensure_future(resources.blocking(resources.controls.read, [key]))
        try:
            lease = await resources.blocking(resources.runs.claim, message, resources.worker_id)
        except BaseException:
            reading.cancel()
            raise
        try:
            return lease, (await reading).get(key) or Control(key=key)
        except StorageUnavailable:
            return lease, None

    def _note_claim(self, lease: Lease, message: RunMessage) -> None:
        self._resources.tracing.claimed(lease, message)
        logger.info("run claimed", extra=run_fields(lease.run_id, attempt=lease.attempt))
        if lease.attempt > 1:
            self._resources.metrics.takeover()

    async def _run_command(self, message: CommandMessage, delivery: Delivery) -> None:
        if self._command_places.locked():
            logger.info("command put back", extra={"receives": delivery.receives})
            return await self._put_off(delivery, COMMAND_RETRY_SECONDS)
        async with self._command_places:
            await self._answer_command(message, delivery)
        return None

    async def _answer_command(self, message: CommandMessage, delivery: Delivery) -> None:
        with self._resources.kept.keep(lambda: delivery.receipt, asyncio.get_running_loop().time()):
            await answer_command(self._resources, self._executor, message)
        await self._delete(delivery)

    async def _give_up(self, message: RunMessage, delivery: Delivery) -> None:
        """The run ends as failed without being tried again. Raises `RunGone`, and whatever keeps it from ending."""
        lease, control = await self._claim(message)
        done = await self._executor.execute(lease, control, delivery.receipt, give_up=True)
        await self._after(message, replace(delivery, receipt=done.receipt), lease, done)

    async def _delete(self, delivery: Delivery) -> None:
        """Until then the queue keeps the session's next message back."""
        await self._resources.blocking.insist(self._resources.queue.delete, delivery.receipt)

    async def _bury(self, delivery: Delivery) -> None:
        """Its run has ended: if this message came back it would just be deleted, and no operator would hear of it."""
        await self._resources.blocking.insist(self._resources.queue.bury, delivery)

    async def _put_off(self, delivery: Delivery, seconds: int) -> None:
        """As often as it takes: the queue would take a message that it has delivered too often for a dead letter."""
        if delivery.receives < RENEWED_RECEIVES:
            return await self._release(delivery, seconds)
        await self._resources.blocking.insist(self._resend, delivery.body)
        await self._delete(delivery)
        return None

    async def _release(self, delivery: Delivery, seconds: int) -> None:
        await self._resources.blocking.insist(self._resources.queue.extend, delivery.receipt, seconds)

"""Deliveries of runs: claim the run and execute it; `delivery_after_run` then decides about the message."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import replace

from forge.errors import (
    ClaimRefused,
    ForgeError,
    LeaseLost,
    RunGone,
    SessionUnreadable,
    StorageUnavailable,
    SuspectHeld,
)
from forge.models.run import RunMessage
from forge.models.session import Control
from forge.models.timing import HELD_RETRY_SECONDS, SUSPECT_RETRY_SECONDS
from forge.models.work import Delivery, Lease
from forge.observability import run_fields
from forge.ports.runs import Recovery, Runs
from worker.blocking_calls import Blocking
from worker.operation.metrics import Metrics
from worker.operation.tracing import Tracing
from worker.runs.claim_or_wait import Claims
from worker.runs.control_poll import LocalRuns
from worker.runs.delivery_after_run import DeliveryAfterRun
from worker.runs.execution import Executed, RunExecutor
from worker.runs.message_visibility import Kept, KeptMessages
from worker.runs.queue_calls import QueueCalls
from worker.runs.staggered_starts import Start, Starts
from worker.tool_outcomes import broke_off

logger = logging.getLogger(__name__)

UNREADABLE_RECEIVES = 3
"""After this many deliveries, the run of a session that cannot be read is given up."""


class RunDeliveries:
    def __init__(
        self,
        *,
        claims: Claims,
        executor: RunExecutor,
        queue_calls: QueueCalls,
        after: DeliveryAfterRun,
        active: LocalRuns,
        kept: KeptMessages,
        runs: Runs,
        recovery: Recovery,
        blocking: Blocking,
        metrics: Metrics,
        tracing: Tracing,
    ) -> None:
        self._claims, self._executor, self._queue_calls = claims, executor, queue_calls
        self._after, self._active, self._kept = after, active, kept
        self._runs, self._recovery = runs, recovery
        self._blocking, self._metrics, self._tracing = blocking, metrics, tracing
        self._starts = Starts()

    async def handle(self, message: RunMessage, delivery: Delivery) -> None:
        """Runs of a session execute in the order of acceptance, so an earlier run than the message names may come
        first.

        When the named run has ended, the runs behind it continue here, because their own messages may have been lost.
        """
        if mine := self._active.held(message.key, message.run_id):
            logger.info("run goes on here", extra=run_fields(message.run_id, receives=delivery.receives))
            return mine.adopt(delivery.receipt)
        todo: RunMessage | None = message
        with self._kept.keep(delivery.receipt, asyncio.get_running_loop().time()) as kept:
            while todo is not None:
                todo = await self._run(todo, delivery, kept)
        return None

    async def _run(self, message: RunMessage, delivery: Delivery, kept: Kept) -> RunMessage | None:
        """Return the next message to handle under the same delivery; None if the delivery is settled."""
        with await self._starts.begin() as start:
            try:
                lease, control = await self._claims.claim(message, start.over)
            except (ClaimRefused, SessionUnreadable, StorageUnavailable) as error:
                return await self._not_claimed(message, replace(delivery, receipt=kept.receipt), error)
            self._note_claim(lease, message)
            done = await self._executed(lease, control, kept, start)
        return await self._after.decide(message, replace(delivery, receipt=kept.receipt), lease, done)

    async def _executed(self, lease: Lease, control: Control | None, kept: Kept, start: Start) -> Executed:
        """Release a run whose execution failed, so that its next attempt need not wait for the end of the lease."""
        try:
            return await self._executor.execute(lease, control, kept, begun=start.over)
        except BaseException as error:
            if broke_off(error):
                with suppress(LeaseLost, StorageUnavailable):
                    await self._blocking(self._runs.release, lease)
            raise

    async def _not_claimed(self, message: RunMessage, delivery: Delivery, error: ForgeError) -> None:
        match error:
            case RunGone():
                await self._settle(message, delivery)
            case SessionUnreadable():
                await self._give_up_unreadable(message, delivery)
            case _:
                logger.info("run not claimed", extra=run_fields(message.run_id, reason=type(error).__name__))
                is_suspect = isinstance(error, SuspectHeld)
                pause = SUSPECT_RETRY_SECONDS if is_suspect else HELD_RETRY_SECONDS
                await self._queue_calls.put_off(delivery, pause)

    async def _settle(self, message: RunMessage, delivery: Delivery) -> None:
        """Settle a run that has ended already. The worker that ended it may have died before the connections were
        told.
        """
        logger.info("run ended already", extra=run_fields(message.run_id, receives=delivery.receives))
        await self._queue_calls.delete(delivery)
        if delivery.receives > 1:
            await self._executor.show(message.key)

    async def _give_up_unreadable(self, message: RunMessage, delivery: Delivery) -> None:
        """Put the first deliveries back, because a worker of another version may be able to read the session."""
        self._metrics.session_unreadable()
        is_last = delivery.receives >= UNREADABLE_RECEIVES
        fields = run_fields(message.run_id, receives=delivery.receives, is_given_up=is_last)
        logger.warning("session not readable", extra=fields)
        if is_last:
            await self._blocking.retry(self._recovery.stop_unreadable, message.key)
            await self._queue_calls.dead_letter(delivery)
        else:
            await self._queue_calls.release(delivery, HELD_RETRY_SECONDS)

    def _note_claim(self, lease: Lease, message: RunMessage) -> None:
        self._tracing.claimed(lease, message)
        logger.info("run claimed", extra=run_fields(lease.run_id, attempt=lease.attempt))
        if lease.attempt > 1:
            self._metrics.takeover()

    async def give_up(self, message: RunMessage, delivery: Delivery) -> None:
        """End the run as failed without another attempt. Raises `RunGone`, and any error that prevents the end."""
        with self._kept.keep(delivery.receipt, asyncio.get_running_loop().time()) as kept:
            lease, control = await self._claims.claim(message)
            done = await self._executor.execute(lease, control, kept, give_up=True)
            await self._after.decide(message, replace(delivery, receipt=kept.receipt), lease, done)

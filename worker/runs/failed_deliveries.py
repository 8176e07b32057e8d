"""Handles a delivery whose handling raised an exception: it is put back, but only a limited number of times.

Every delivery ends in a delete, in a release with a reason, or as a dead letter. Unreachable storage is not a fault
of the message, so such a delivery is put back without being counted; the queue's redrive policy limits it.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import cast

from forge.errors import RunGone, StorageUnavailable
from forge.models.run import CommandMessage, RunMessage
from forge.models.work import Delivery
from forge.observability import error_fields
from forge.ports.queue import DeliveryFailures, RunQueue
from forge.ports.runs import Recovery
from worker.blocking_calls import Blocking
from worker.tool_outcomes import broke_off

logger = logging.getLogger(__name__)

FAULTS_LIMIT = 3
"""Number of exceptions after which a message is not handled again."""
RETRY_SECONDS = 2

GiveUp = Callable[[RunMessage, Delivery], Awaitable[None]]
"""Ends the run as failed, which its clients see."""


class FailedDeliveries:
    def __init__(
        self,
        queue: RunQueue,
        faults: DeliveryFailures,
        recovery: Recovery,
        blocking: Blocking,
        give_up: GiveUp,
    ) -> None:
        self._queue, self._faults, self._recovery, self._blocking = queue, faults, recovery, blocking
        self._give_up = give_up

    async def settle(self, delivery: Delivery, error: BaseException) -> None:
        causes = _causes(error)
        if all(isinstance(cause, StorageUnavailable) for cause in causes):
            return await self._release(delivery, causes[0], "storage")
        error = causes[0]
        faults = await self._count(delivery)
        if faults is None:
            return await self._release(delivery, error, "storage")
        if faults < FAULTS_LIMIT:
            return await self._release(delivery, error, "exception", faults)
        logger.error(
            "delivery given up", extra={**_fields(delivery), "faults": faults, **error_fields(error)}
        )
        await self._end(delivery)
        return None

    async def _count(self, delivery: Delivery) -> int | None:
        """Return None while the storage cannot count. If faults cannot be counted at all, deliveries are counted
        instead.
        """
        try:
            return await self._blocking(self._faults.count, name_of(delivery))
        except StorageUnavailable:
            return None
        except Exception as error:  # noqa: BLE001  a failing count must not keep the message in the queue
            logger.warning("fault not counted", extra={**_fields(delivery), **error_fields(error)})
            return delivery.receives

    async def _end(self, delivery: Delivery) -> None:
        body = delivery.body
        if isinstance(body, RunMessage):
            try:
                return await self._give_up(body, delivery)
            except RunGone:
                logger.info("run ended already", extra=_fields(delivery))
            except BaseException as error:
                if not broke_off(error):
                    raise
                logger.warning("run not closed", extra={**_fields(delivery), **error_fields(error)})
                await self._blocking.retry(self._recovery.stop_unreadable, body.key)
        await self._blocking.retry(self._queue.dead_letter, delivery)
        return None

    async def _release(self, delivery: Delivery, error: BaseException, reason: str, faults: int = 0) -> None:
        fields = {**_fields(delivery), "reason": reason, "faults": faults}
        logger.error("delivery failed", extra={**fields, **error_fields(error)})
        await self._blocking.retry(self._queue.extend, delivery.receipt, RETRY_SECONDS)


def _causes(error: BaseException) -> list[BaseException]:
    """Return the exceptions that a task group has combined."""
    if not isinstance(error, BaseExceptionGroup):
        return [error]
    group = cast("BaseExceptionGroup[BaseException]", error)
    return [cause for each in group.exceptions for cause in _causes(each)]


def name_of(delivery: Delivery) -> str:
    body = delivery.body
    return f"command#{body.command_id}" if isinstance(body, CommandMessage) else f"run#{body.run_id}"


def _fields(delivery: Delivery) -> dict[str, str | int]:
    return {"message_of": name_of(delivery), "receives": delivery.receives}

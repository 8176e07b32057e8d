"""Ports of the run queue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # keeps models that only a port names out of a function's cold start
    from forge.models.run import CommandMessage, RunMessage
    from forge.models.work import Delivery, UnreadableDelivery


class RunQueue(Protocol):
    def send(self, message: RunMessage | CommandMessage, *, resend: bool = False) -> None:
        """SQS FIFO; the message group is the session. Deduplicates by run id + attempt, unless the message is a
        deliberate `resend`.
        """
        ...

    def receive(self, most: int, wait_seconds: int) -> list[Delivery]: ...

    def extend(self, receipt: str, seconds: int) -> None: ...

    def extend_all(self, receipts: Sequence[str], seconds: int) -> None:
        """Extend the visibility of at most ten messages in one call. Messages that are no longer held are skipped."""
        ...

    def delete(self, receipt: str) -> None: ...

    def dead_letter(self, delivery: Delivery) -> None:
        """Move a message whose run has failed permanently to the dead-letter queue, where an operator sees it."""
        ...


class DeadLetterQueue(Protocol):
    def receive_all(self, most: int, wait_seconds: int) -> Sequence[Delivery | UnreadableDelivery]:
        """As `RunQueue.receive`, with the messages that this version cannot read."""
        ...

    def extend_all(self, receipts: Sequence[str], seconds: int) -> None:
        """As `RunQueue.extend_all`."""
        ...

    def count(self) -> int:
        """Return how many messages there are, by the queue's own count, which includes those that are held."""
        ...

    def delete(self, receipt: str) -> None: ...


class DeliveryFailures(Protocol):
    def count(self, name: str) -> int:
        """Count one more exception in handling `name`, and return the new count."""
        ...

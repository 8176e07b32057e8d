"""The environment of a worker and its failures: a queue, a clock and a machine that can be lost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any

from forge.errors import LeaseLost
from forge.models.run import CommandMessage, RunMessage
from forge.models.work import Delivery
from forge.queue import SqsRunQueue
from forge.store import system_clock
from worker.blocking_calls import Blocking


class PollingQueue(SqsRunQueue):
    """moto's own long poll would hold the lock that makes its calls atomic; looking all the time, half a processor."""

    def __init__(self, client: Any, url: str, dead_letter_url: str = "") -> None:
        super().__init__(client, url, dead_letter_url)
        self.receipts: list[str] = []
        self._lock = threading.Lock()
        self._lost_machines = 0
        self._changed = threading.Event()

    def hide_messages_for(self, seconds: float) -> None:
        """Set how long a message that was received stays hidden."""
        self._client.set_queue_attributes(
            QueueUrl=self._url, Attributes={"VisibilityTimeout": str(round(seconds))}
        )

    def send(self, message: RunMessage | CommandMessage, *, resend: bool = False) -> None:
        super().send(message, resend=resend)
        self._changed.set()

    def extend(self, receipt: str, seconds: int) -> None:
        super().extend(receipt, seconds)
        self._changed.set()

    def delete(self, receipt: str) -> None:
        """What waits behind it in its group can be received now."""
        super().delete(receipt)
        self._changed.set()

    def receive(self, most: int, wait_seconds: int) -> list[Delivery]:
        end, lost = monotonic() + min(wait_seconds, 0.5), self._lost_machines
        while True:
            with self._lock:
                got = super().receive(most, 0) if lost == self._lost_machines else []
                self.receipts += [delivery.receipt for delivery in got]
            if got or monotonic() > end or lost != self._lost_machines:
                return got
            self._changed.wait(0.1)
            self._changed.clear()

    def lose_machines(self) -> None:
        """Threads that still receive for a killed worker must not take a message with them."""
        with self._lock:
            self._lost_machines += 1

    def let_visibility_end(self) -> None:
        """What was received and not deleted is delivered again, as after 8 s without a sign of life."""
        while self.receipts:
            self.extend(self.receipts.pop(), 0)


class Clock:
    """This computer's clock, which a test may put forward."""

    def __init__(self) -> None:
        self.ahead = 0

    def __call__(self) -> int:
        return system_clock() + self.ahead


class MortalBlocking(Blocking):
    """A worker whose machine is lost at its `last` write: before it reaches the storage, or right after it."""

    def __init__(self, last: int, *, after: bool) -> None:
        super().__init__(16)
        self._left, self._after = last, after
        self.is_dead = asyncio.Event()

    def die(self) -> None:
        self._left = 0

    def apart(self, size: int) -> Blocking:
        """Every call is lost with the machine."""
        return self

    async def __call__(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if getattr(call, "__name__", "") in {"receive", "read", "publish"}:
            return await super().__call__(call, *args, **kwargs)
        self._left -= 1
        if self._left < 0 or (self._left == 0 and not self._after):
            self.is_dead.set()
            raise LeaseLost
        done = await super().__call__(call, *args, **kwargs)
        if self._left == 0:
            self.is_dead.set()
            raise LeaseLost
        return done


class Watched:
    """A part of the worker with some of its methods replaced."""

    def __init__(self, wrapped: object, **methods: Any) -> None:
        self._wrapped = wrapped
        self.__dict__.update(methods)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._wrapped, name)

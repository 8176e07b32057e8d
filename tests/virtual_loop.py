"""An event loop whose time passes only while nothing is to be done, so that a simulated minute takes a second."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

R = TypeVar("R")


class _Selector(selectors.DefaultSelector):
    """Instead of waiting for the next timer it tells the loop that the time has come."""

    def __init__(self, passed: Callable[[float], None]) -> None:
        super().__init__()
        self._passed = passed

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Without a timer it waits, as for a thread."""
        ready = super().select(timeout if timeout is None else 0)
        if not ready and timeout:
            self._passed(timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """What it runs must not wait for threads or sockets beside timers: these would not be waited for."""

    def __init__(self) -> None:
        self._now = 1_000.0
        super().__init__(_Selector(self._pass))

    def time(self) -> float:
        return self._now

    def _pass(self, seconds: float) -> None:
        self._now += seconds


def run_in_virtual_time(work: Callable[[], Coroutine[Any, Any, R]]) -> R:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work())

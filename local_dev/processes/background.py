"""The parts that run as long as the stack does. When one of them ends, the stack stops."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Background:
    def __init__(self, report: Callable[[str], None]) -> None:
        self.failed = asyncio.Event()
        self._report = report
        self._parts: dict[str, asyncio.Task[None]] = {}
        self._ending = False

    def start(self, work: Coroutine[Any, Any, None], name: str, *, essential: bool = True) -> None:
        """If a part that is not `essential` ends, the others continue; its error is still reported."""
        task = self._parts[name] = asyncio.create_task(work, name=name)
        task.add_done_callback(self._ended if essential else self._left)

    def expect_the_end(self) -> None:
        self._ending = True

    async def stop(self, last: str, seconds: float) -> None:
        """Cancel all parts except the `last`, which gets `seconds` to end by itself."""
        for name, task in self._parts.items():
            if name != last:
                task.cancel()
        if last in self._parts:
            await asyncio.wait((self._parts[last],), timeout=seconds)
        if tasks := self._parts.values():
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=0.5)

    def _left(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) and not self._ending:
            self._report(f"{task.get_name()} ended: {error}")

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        error = task.exception()
        if self._ending:
            return
        self._report(f"{task.get_name()} ended: {error}" if error else f"{task.get_name()} ended")
        self.failed.set()

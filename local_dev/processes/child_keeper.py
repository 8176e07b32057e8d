"""Keeps children running: a child that ends without being told to is started again, from its saved state."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from local_dev.processes.processes import Child, Processes, StartFailed

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 10.0
STABLE_SECONDS = 30.0

Start = Callable[[], Awaitable[Child]]


class Keeper:
    """`changed` is called whenever a new process has replaced a child."""

    def __init__(
        self, processes: Processes, report: Callable[[str], None], changed: Callable[[], None]
    ) -> None:
        self._processes, self._report, self._changed = processes, report, changed
        self._children: dict[str, Child] = {}
        self._starts: dict[str, Start] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._leaving: set[asyncio.Task[None]] = set()

    async def start(self, name: str, start: Start) -> Child:
        """Start a child for the first time. Raises what `start` raises. After `keep` the child is started again
        when it ends.
        """
        self._starts[name] = start
        child = self._children[name] = await start()
        self._changed()
        return child

    def keep(self) -> None:
        """From now on a child that ends is started again; before this call its end is a failure of the start."""
        for name in self._children:
            self._tasks[name] = asyncio.create_task(self._keep(name), name=f"keep {name}")

    async def first_end(self) -> Child:
        """Return the first child that ends."""
        ends = {
            asyncio.create_task(child.wait(), name=f"end of {name}"): child
            for name, child in self._children.items()
        }
        try:
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
        return ends[done.pop()]

    async def replace(self, name: str, seconds: float) -> None:
        """Start a new process next to the old one, which gets `seconds` to end."""
        old = self._children[name]
        old.stopping = True
        self._children[name] = await self._starts[name]()
        self._changed()
        leaving = asyncio.create_task(self._processes.stop(old, seconds), name=f"stop {name}")
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)

    def renew(self, name: str) -> None:
        """End a child so that it is started again, without a report."""
        child = self._children[name]
        child.renewing = True
        leaving = asyncio.create_task(self._processes.stop(child, 1.0), name=f"renew {name}")
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)

    def release(self) -> None:
        """From now on no child is started again."""
        for task in self._tasks.values():
            task.cancel()

    async def stop(self, prefix: str, seconds: float) -> None:
        """Stop all children whose name begins with `prefix`."""
        ending = [child for name, child in self._children.items() if name.startswith(prefix)]
        await asyncio.gather(*(self._processes.stop(child, seconds) for child in ending), *self._leaving)

    async def _keep(self, name: str) -> None:
        pause, began, told = FIRST_PAUSE_SECONDS, time.monotonic(), ""
        while True:
            child = self._children[name]
            await child.wait()
            if child is not self._children[name]:
                continue
            self._processes.forget(child)
            if not child.renewing:
                if time.monotonic() - began > STABLE_SECONDS:
                    pause = FIRST_PAUSE_SECONDS
                tail = child.tail() if child.code != -9 else ""
                again = " again, for the same reason" if tail and tail == told else ""
                said = f"{name} ended with {child.code}{again}; it is started again in {pause:g} s"
                self._report(f"{said}\n{tail}" if tail and not again else said)
                told = tail
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            began = time.monotonic()
            await self._again(name)

    async def _again(self, name: str) -> None:
        try:
            self._children[name] = await self._starts[name]()
        except StartFailed as error:
            self._report(str(error))
        self._changed()

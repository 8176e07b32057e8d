"""The worker processes: started with the container's entry point, restarted when they die."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Mapping

from local_dev.processes import Child, Processes, StartFailed

COMMAND = [sys.executable, "-m", "worker"]
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0
STABLE_SECONDS = 30.0
READY_SECONDS = 60.0


class Workers:
    def __init__(
        self,
        processes: Processes,
        environment: Mapping[str, str],
        report: Callable[[str], None],
        changed: Callable[[], None],
    ) -> None:
        self._processes = processes
        self._environment = environment
        self._report = report
        self._changed = changed
        self._children: dict[str, Child] = {}
        self._leaving: set[asyncio.Task[None]] = set()

    async def start(self, count: int) -> None:
        for number in range(1, count + 1):
            await self._start(f"worker-{number}")

    async def until_ready(self, is_ready: Callable[[], bool]) -> None:
        """Raises `StartFailed` when a worker ends, or is not ready in time."""
        deadline = time.monotonic() + READY_SECONDS
        while not await asyncio.to_thread(is_ready):
            for child in self._children.values():
                if child.process.returncode is not None:
                    raise StartFailed(f"{child.name} ended with {child.process.returncode}\n{child.tail()}")
            if time.monotonic() > deadline:
                raise StartFailed(f"no worker was ready within {READY_SECONDS:g} s")
            await asyncio.sleep(0.05)

    async def keep_running(self) -> None:
        async with asyncio.TaskGroup() as group:
            for name in self._children:
                group.create_task(self._keep(name), name=f"keep {name}")

    async def restart(self, seconds: float) -> None:
        """Starts each worker anew beside the old one, which gets `seconds` to hand its runs over."""
        replaced = list(self._children.values())
        for child in replaced:
            child.stopping = True
            await self._start(child.name)
        self._leaving = {
            asyncio.create_task(self._processes.stop(child, seconds), name=f"stop {child.name}")
            for child in replaced
        }

    async def stop(self, seconds: float) -> None:
        await asyncio.gather(*(self._processes.stop(child, seconds) for child in self._children.values()))
        await asyncio.gather(*self._leaving)

    async def _keep(self, name: str) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            child, started = self._children[name], time.monotonic()
            code = await child.process.wait()
            if child is not self._children[name]:
                continue
            if child.stopping:
                return
            if time.monotonic() - started > STABLE_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            self._report(f"{name} ended with {code}; it is started again in {pause:g} s\n{child.tail()}")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            await self._start(name)

    async def _start(self, name: str) -> None:
        self._children[name] = await self._processes.start(name, COMMAND, self._environment)
        self._changed()

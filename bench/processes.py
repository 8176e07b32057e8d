"""The resources that the processes of a running program use."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import psutil

from local_dev.stack_process import READY_SECONDS, RunningStack

MIB = 1_024**2
LOOK_SECONDS = 0.5
READY = '"worker ready"'
"""A worker's own line in its log."""
HOLDER = "stack"
"""The process that starts the others."""


def pids(stack: RunningStack) -> dict[str, int]:
    return {HOLDER: stack.process.pid, **stack.processes()}


async def workers_ready(stack: RunningStack, times: int) -> None:
    """Wait until all workers together have reported `times` times that they are ready, because starting takes
    processor time.
    """
    async with asyncio.timeout(READY_SECONDS):
        while _said_ready(stack) < times:  # noqa: ASYNC110  processes, no events
            await asyncio.sleep(0.1)


def _said_ready(stack: RunningStack) -> int:
    return sum(stack.log(name).count(READY) for name in stack.processes() if name.startswith("worker"))


def memory(stack: RunningStack) -> dict[str, float]:
    """Return resident MB by process."""
    return {name: psutil.Process(pid).memory_info().rss / MIB for name, pid in pids(stack).items()}


def own_memory(pid: int) -> float:
    """Return the MB that would be free if the process ended. What it shares with others, such as the files of
    libraries, is not among them.
    """
    return psutil.Process(pid).memory_full_info().uss / MIB


def cpu_seconds(stack: RunningStack) -> dict[str, float]:
    return {name: _seconds(psutil.Process(pid)) for name, pid in pids(stack).items()}


def by_kind(used: Mapping[str, float]) -> dict[str, float]:
    """All workers count as one kind."""
    kinds: dict[str, float] = defaultdict(float)
    for name, value in used.items():
        kinds[name.rstrip("-0123456789")] += value
    return kinds


def tree_memory(pid: int) -> float:
    """Return resident MB of a process and its descendants."""
    return sum(_resident(process) for process in _tree(pid))


def tree_seconds(pid: int) -> float:
    return sum(map(_seconds, _tree(pid)))


@dataclass
class Most:
    """The largest size that a program and its descendants had at once."""

    memory: float = 0
    """The resident size in MB."""


@asynccontextmanager
async def most_memory(pid: int) -> AsyncGenerator[Most]:
    most = Most()

    async def look() -> None:
        while True:
            most.memory = max(most.memory, tree_memory(pid))
            await asyncio.sleep(LOOK_SECONDS)

    looking = asyncio.create_task(look(), name="memory")
    try:
        yield most
    finally:
        looking.cancel()
        await asyncio.wait({looking})


def _tree(pid: int) -> list[psutil.Process]:
    top = psutil.Process(pid)
    return [top, *top.children(recursive=True)]


def _resident(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        return process.memory_info().rss / MIB
    return 0.0


def _seconds(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return times.user + times.system
    return 0.0

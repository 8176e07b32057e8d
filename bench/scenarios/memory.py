"""The memory of an idle application, of each further worker, and of idle sessions whose pages are open or closed."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bench.crowds import Crowd, application, at_bare_server, at_stack
from bench.figures import Figure
from bench.floor_process import Floor, open_sockets, running_floor
from bench.people import UNLIMITED, people
from bench.processes import memory, own_memory, pids, tree_memory, workers_ready
from bench.suite import Scenario, Size
from local_dev.stack_process import RunningStack, running_stack

WORKERS = 2
FURTHER = f"worker-{WORKERS}"
SESSIONS = 200
FURTHER_BATCHES = 5
KIB = 1_024
STREAMING = Crowd(users=SESSIONS, turns=1, tokens=200, per_second=20, begin_within=2)
FIRST = replace(STREAMING, users=1, tokens=20)
"""One person's answer before, because what a process loads with its first answer belongs to no session."""


async def measure(size: Size) -> list[Figure]:
    async with running_floor() as floor:
        bare = tree_memory(floor.pid)
        await at_bare_server(floor, FIRST)
        bare_used = tree_memory(floor.pid)
        bare_most = (await at_bare_server(floor, STREAMING)).memory
        bare_open = await idle_socket(floor)
    async with running_stack(UNLIMITED) as stack:
        await asyncio.sleep(size.of(5, 1))
        alone = memory(stack)
        whole = tree_memory(stack.process.pid)
        is_open, is_closed = await idle_session(stack, size.of(60.0, 5.0), size.of(15, 2))
    async with application({"FORGE_WORKERS": "1"}) as stack:
        await at_stack(stack, FIRST)
        used = tree_memory(stack.process.pid)
        most = (await at_stack(stack, STREAMING)).memory
    async with running_stack({**UNLIMITED, "FORGE_WORKERS": str(WORKERS)}) as stack:
        await workers_ready(stack, WORKERS)
        await asyncio.sleep(size.of(5, 1))
        resident = memory(stack)[FURTHER]
        added = own_memory(pids(stack)[FURTHER])
    return [
        Figure("the application with one worker, idle", whole, "MB", 300, bare),
        *(Figure(f"{name}, idle", value, "MB") for name, value in alone.items()),
        Figure("each further worker", resident, "MB", 130),
        Figure("each further worker, without what it shares", added, "MB"),
        Figure("an idle session whose page is closed, in all processes", is_closed, "KB"),
        Figure("an idle session, in all processes", is_open, "KB", 1, bare_open),
        Figure(
            "a streaming session, in all processes",
            (most - used) / SESSIONS * KIB,
            "KB",
            120,
            (bare_most - bare_used) / SESSIONS * KIB,
        ),
    ]


async def idle_session(stack: RunningStack, seconds: float, warm: int) -> tuple[float, float]:
    """Return the KB that each of `SESSIONS` sessions keeps `seconds` after its answer while its socket is open, and
    that each session keeps whose socket was closed.

    A process keeps memory to which it has once grown, and fills its caches, which are bounded. `warm` times as many
    sessions let it do so before, so that this is not attributed to the sessions.
    """
    await _closed(stack, warm)
    before = tree_memory(stack.process.pid)
    await _closed(stack, FURTHER_BATCHES)
    await asyncio.sleep(seconds)
    closed = tree_memory(stack.process.pid)
    async with people(stack, SESSIONS):
        await asyncio.sleep(seconds)
        is_open = _each(tree_memory(stack.process.pid) - closed)
    return is_open, _each(closed - before) / FURTHER_BATCHES


async def _closed(stack: RunningStack, times: int) -> None:
    for _ in range(times):
        async with people(stack, SESSIONS):
            pass


async def idle_socket(floor: Floor) -> float:
    """Return the KB that each open socket of the bare server keeps, measured as those of the application are."""
    async with open_sockets(floor, SESSIONS):
        pass
    before = tree_memory(floor.pid)
    async with open_sockets(floor, SESSIONS):
        return _each(tree_memory(floor.pid) - before)


def _each(megabytes: float) -> float:
    return max(0.0, megabytes / SESSIONS * KIB)


SCENARIO = Scenario("Memory", measure, in_quick=False)

"""Time from the command to a server that answers, and from SIGTERM to its end."""

from __future__ import annotations

from time import monotonic

from bench.figures import Figure
from bench.floor_process import floor_people, running_floor
from bench.people import people
from bench.suite import Scenario, Size
from local_dev.stack_process import RunningStack, running_stack

START_BUDGET = STOP_BUDGET = 5.0


async def measure(_size: Size) -> list[Figure]:
    began = monotonic()
    async with running_stack() as stack:
        ready = monotonic() - began
        async with people(stack, 1):
            first = monotonic() - began
        began = monotonic()
        await _stopped(stack)
        stopped = monotonic() - began
    began = monotonic()
    async with running_floor() as floor, floor_people(floor, 1):
        bare = monotonic() - began
    return [
        Figure("start", ready, "s", START_BUDGET),
        Figure("start to the first answer", first, "s", floor=bare),
        Figure("stop", stopped, "s", STOP_BUDGET),
    ]


async def _stopped(stack: RunningStack) -> None:
    stack.process.terminate()
    await stack.process.wait()


SCENARIO = Scenario("Start and stop", measure, rounds=3)

"""How long a call with the largest permitted arguments blocks the worker's event loop, for each of our tools."""

from __future__ import annotations

from bench.figures import Figure
from bench.largest_arguments import loop_held
from bench.suite import Scenario, Size


async def measure(size: Size) -> list[Figure]:
    return await loop_held(size.of(3, 1))


SCENARIO = Scenario("The largest arguments of each tool, on the worker's event loop", measure, in_quick=False)

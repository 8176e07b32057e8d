"""Two hundred people, which is more than one worker has places for."""

from __future__ import annotations

from bench.crowds import Crowd, beside_floor
from bench.figures import Figure
from bench.suite import Scenario, Size

BUDGETS = {
    "first text, p50": 300.0,
    "first text, p99": 800.0,
    "errors": 0.0,
    "servers, for 1,000 tokens": 0.15,
}


async def measure(size: Size) -> list[Figure]:
    crowd = Crowd(users=200, turns=size.of(5, 1), tokens=200, per_second=50, begin_within=4)
    return await beside_floor(crowd, BUDGETS)


SCENARIO = Scenario("200 people, answers of 200 tokens at 50 a second", measure, rounds=2)

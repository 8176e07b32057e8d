"""How evenly two hundred people get frames at the smooth pace, with an LLM of usual speed."""

from __future__ import annotations

from bench.crowds import Crowd, beside_floor
from bench.figures import Figure
from bench.suite import Scenario, Size

BUDGETS = {"gap between frames, p99": 150.0, "errors": 0.0}


async def measure(size: Size) -> list[Figure]:
    seconds = size.of(15, 6)
    crowd = Crowd(users=200, turns=1, tokens=20 * seconds, per_second=20, begin_within=5)
    return await beside_floor(crowd, BUDGETS)


SCENARIO = Scenario(
    "200 people, one long answer at 20 tokens a second, smooth pace", measure, rounds=2, in_quick=False
)

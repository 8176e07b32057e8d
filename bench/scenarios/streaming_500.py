"""Five hundred people who all read at once."""

from __future__ import annotations

from bench.crowds import Crowd, beside_floor
from bench.figures import Figure
from bench.suite import Scenario, Size

BUDGETS = {"errors": 0.0, "first texts after more than 2 s": 0.0, "memory of all servers, most": 600.0}


async def measure(_size: Size) -> list[Figure]:
    crowd = Crowd(users=500, turns=1, tokens=600, per_second=20, begin_within=10)
    return await beside_floor(crowd, BUDGETS)


SCENARIO = Scenario("500 people, one long answer at 20 tokens a second, smooth pace", measure, in_quick=False)

"""The worker's requests in a turn, by kind. They are counted in virtual time, so the counts are the same on every
computer. The bare server sends none.

`make check` compares these counts (`bench/turn_budgets.json`).
"""

from __future__ import annotations

import asyncio
import json

from bench.figures import Figure
from bench.suite import Scenario, Size
from tests.cost.turns import BUDGETS, counted_turns


async def measure(_size: Size) -> list[Figure]:
    budgets = json.loads(BUDGETS.read_text())
    counts = await asyncio.to_thread(counted_turns)
    return [
        Figure(f"{title}: {kind}", float(count), "", budgets[title].get(kind, 0))
        for title, each in counts.items()
        for kind, count in each.items()
    ]


SCENARIO = Scenario("Calls, frames and bytes of a turn, by kind (counted)", measure)

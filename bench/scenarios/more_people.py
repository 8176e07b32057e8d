"""How first texts and processor time grow with the number of people who chat at once."""

from __future__ import annotations

from bench.crowds import Crowd, at_application, at_floor
from bench.figures import Figure, percentile
from bench.suite import Scenario, Size

USERS = (1, 10, 50, 100, 200)
TURNS = 2


async def measure(_size: Size) -> list[Figure]:
    figures: list[Figure] = []
    for users in USERS:
        crowd = Crowd(users, TURNS, tokens=100, per_second=50, begin_within=2)
        seen, floor = await at_application(crowd), await at_floor(crowd)
        name = f"{users} users" if users > 1 else "1 user"
        figures += [
            *(
                Figure(
                    f"{name}: first text, p{part}",
                    percentile(seen.first_texts, part),
                    "ms",
                    floor=percentile(floor.first_texts, part),
                )
                for part in (50, 99)
            ),
            Figure(
                f"{name}: servers, for 1,000 tokens",
                seen.per_thousand(crowd),
                "s",
                floor=floor.per_thousand(crowd),
            ),
            Figure(f"{name}: errors", float(sum(seen.errors.values())), "", 0),
        ]
    return figures


SCENARIO = Scenario(
    "How work grows with people: answers of 100 tokens at 50 a second", measure, in_quick=False
)

"""How first texts and processor time grow with the number of people who chat at once."""

from __future__ import annotations

from bench.crowds import Crowd, Seen, application, at_bare_server, at_stack
from bench.figures import Figure, percentile
from bench.floor_process import running_floor
from bench.suite import Scenario, Size

USERS = (1, 10, 50, 100, 200)
TURNS = 2


async def measure(_size: Size) -> list[Figure]:
    crowds = [Crowd(users, TURNS, tokens=100, per_second=50, begin_within=2) for users in USERS]
    async with application() as stack:
        ours = [await at_stack(stack, crowd) for crowd in crowds]
    async with running_floor() as floor:
        bare = [await at_bare_server(floor, crowd) for crowd in crowds]
    return [figure for each in zip(crowds, ours, bare, strict=True) for figure in _figures(*each)]


def _figures(crowd: Crowd, seen: Seen, floor: Seen) -> list[Figure]:
    name = f"{crowd.users} users" if crowd.users > 1 else "1 user"
    return [
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


SCENARIO = Scenario(
    "How work grows with people: answers of 100 tokens at 50 a second", measure, in_quick=False
)

"""The cost of a turn as its answer grows: people who chat at an even pace, with answers of different lengths."""

from __future__ import annotations

from bench.crowds import Crowd, Seen, application, at_bare_server, at_stack
from bench.figures import Figure, percentile
from bench.floor_process import running_floor
from bench.suite import Scenario, Size

USERS = 20
PER_SECOND = 50
LENGTHS = {20: 8, 200: 2, 800: 1}
"""Turns of each person by the tokens of an answer."""


async def measure(_size: Size) -> list[Figure]:
    crowds = [Crowd(USERS, turns, tokens, PER_SECOND, begin_within=4) for tokens, turns in LENGTHS.items()]
    async with application() as stack:
        ours = [await at_stack(stack, crowd) for crowd in crowds]
    async with running_floor() as floor:
        bare = [await at_bare_server(floor, crowd) for crowd in crowds]
    return [figure for each in zip(crowds, ours, bare, strict=True) for figure in _figures(*each)]


def _figures(crowd: Crowd, seen: Seen, floor: Seen) -> list[Figure]:
    done, name = crowd.users * crowd.turns, f"{crowd.tokens} tokens"
    return [
        Figure(
            f"{name}: processor time of a turn",
            sum(seen.used.values()) / done * 1_000,
            "ms",
            floor=sum(floor.used.values()) / done * 1_000,
        ),
        *(
            Figure(f"{name}: {kind}, for a turn", used / done * 1_000, "ms")
            for kind, used in sorted(seen.used.items())
        ),
        Figure(f"{name}: first text, p50", percentile(seen.first_texts, 50), "ms"),
        Figure(f"{name}: errors", float(sum(seen.errors.values())), "", 0),
    ]


SCENARIO = Scenario(
    "What an answer costs as it grows: 20 people at 50 tokens a second", measure, in_quick=False
)

"""The cost of a turn as its answer grows: people who chat at an even pace, with answers of different lengths."""

from __future__ import annotations

from bench.crowds import Crowd, at_application, at_floor
from bench.figures import Figure, percentile
from bench.suite import Scenario, Size

USERS = 20
PER_SECOND = 50
LENGTHS = {20: 10, 200: 3, 800: 1}
"""Turns of each person by the tokens of an answer."""


async def measure(_size: Size) -> list[Figure]:
    figures: list[Figure] = []
    for tokens, turns in LENGTHS.items():
        crowd = Crowd(USERS, turns, tokens, PER_SECOND, begin_within=4)
        seen, floor = await at_application(crowd), await at_floor(crowd)
        done, name = USERS * turns, f"{tokens} tokens"
        figures += [
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
    return figures


SCENARIO = Scenario(
    "What an answer costs as it grows: 20 people at 50 tokens a second", measure, in_quick=False
)

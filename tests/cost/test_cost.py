"""A standard turn sends no more to AWS than its budget, and the budget costs no more than its limit."""

from __future__ import annotations

import pytest

from bench.cost.report import report
from deploy import answer_cost
from deploy.prices import prices
from tests.cost.scene import counted

MOST_FRAMES = 25
MOST_DOLLARS = {"alone": 75, "with a reload": 92}
"""Of a million turns."""
SLACK = 1.02
"""Log lines tell how long something took, with a digit more or less."""


def dollars(*parts: str) -> float:
    return sum(line.dollars for part in parts for line in answer_cost.bill(answer_cost.budget())[part])


@pytest.mark.slow
def test_no_count_of_a_turn_a_reload_or_the_expiry_has_grown() -> None:
    counts = counted()
    grown = {
        (part, name): count
        for part, each in counts.items()
        for name, count in each.items()
        if count > answer_cost.budget()[part].get(name, 0) * (SLACK if name.endswith("bytes") else 1)
    }
    assert grown == {}, report(counts)


def test_the_budget_costs_what_was_promised() -> None:
    assert answer_cost.budget()["turn"]["frames"] <= MOST_FRAMES
    assert dollars("turn", "expiry") <= MOST_DOLLARS["alone"]
    assert dollars("turn", "expiry", "reload") <= MOST_DOLLARS["with a reload"]


def test_each_price_says_where_it_is_from() -> None:
    assert all("https://aws.amazon.com/" in source for source in prices().sources.values())


@pytest.mark.parametrize("name", ["frames", "write units", "SQS requests"])
def test_more_of_something_costs_more(name: str) -> None:
    counts = {part: dict(each) for part, each in answer_cost.budget().items()}
    before = sum(line.dollars for line in answer_cost.bill(counts)["turn"])
    counts["turn"][name] += 10
    assert sum(line.dollars for line in answer_cost.bill(counts)["turn"]) > before + 4

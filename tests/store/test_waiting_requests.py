"""Requests that hold a function while they wait: one caller gets a twentieth of the places, and all callers
together no more than all of them.
"""

from __future__ import annotations

from typing import Any

import pytest

from forge.errors import TooManyWaits
from forge.settings import Settings
from forge.store import Store, open_store
from tests.clock import Clock
from tests.store.test_admission import at_once

MOST = 60
ONES = 3
LIFE = 1_000


@pytest.fixture
def few(table: str, clock: Clock, dynamodb: Any) -> Store:
    return open_store(Settings(forge_table=table, deployment_waits=MOST), clock, dynamodb)


@pytest.mark.slow
def test_of_200_that_wait_at_once_a_caller_holds_a_twentieth_of_the_places(few: Store, clock: Clock) -> None:
    let_in = at_once(lambda number: few.waits.open("p", f"w{number}", clock() + LIFE), TooManyWaits)
    assert let_in == ONES
    few.waits.open("another", "w", clock() + LIFE)


@pytest.mark.slow
def test_200_callers_at_once_hold_no_more_than_there_is_and_nearly_all_of_it(
    few: Store, clock: Clock
) -> None:
    let_in = at_once(lambda number: few.waits.open(f"p{number}", f"w{number}", clock() + LIFE), TooManyWaits)
    assert 0.75 * MOST <= let_in <= MOST


@pytest.mark.slow
def test_whoever_is_refused_for_everybodys_sake_holds_nothing_of_their_own(few: Store, clock: Clock) -> None:
    for number in range(20 * MOST):
        try:
            few.waits.open(f"p{number}", f"w{number}", clock() + LIFE)
        except TooManyWaits:
            continue
    for number in range(4 * ONES):
        with pytest.raises(TooManyWaits) as refused:
            few.waits.open("late", f"late{number}", clock() + LIFE)
        assert refused.value.retry_after > 0
    clock.advance(2 * LIFE)
    for number in range(ONES):
        few.waits.open("late", f"again{number}", clock() + LIFE)


@pytest.mark.slow
def test_a_wait_that_ends_makes_room_for_its_caller_and_for_all(few: Store, clock: Clock) -> None:
    for number in range(3 * MOST):
        few.waits.open("p", f"w{number}", clock() + LIFE)
        few.waits.close("p", f"w{number}")
    for number in range(ONES):
        few.waits.open("p", f"more{number}", clock() + LIFE)
    with pytest.raises(TooManyWaits):
        few.waits.open("p", "one too many", clock() + LIFE)


def test_a_deployment_with_few_places_has_one_for_each_caller(
    table: str, clock: Clock, dynamodb: Any
) -> None:
    two = open_store(Settings(forge_table=table, deployment_waits=1), clock, dynamodb)
    two.waits.open("p", "w1", clock() + LIFE)
    with pytest.raises(TooManyWaits):
        two.waits.open("another", "w2", clock() + LIFE)

"""A caller's open streams are counted exactly, whatever opens, ends, is prolonged or dies at once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forge.errors import TooManyStreams
from forge.settings import Settings
from forge.store import Store, open_store
from tests.clock import Clock
from tests.store.test_admission import at_once
from tests.unlisted import tried

MOST = 8
LIFE = 1_000


@pytest.fixture
def few(table: str, clock: Clock, dynamodb: Any) -> Store:
    return open_store(Settings(forge_table=table, caller_streams=MOST), clock, dynamodb)


@pytest.mark.slow
def test_of_200_that_open_at_once_as_many_are_let_in_as_may_be(few: Store, clock: Clock) -> None:
    def opens(number: int) -> None:
        few.open_streams.open("p", f"s{number}", clock() + LIFE)

    assert at_once(opens, TooManyStreams) == MOST
    few.open_streams.open("another", "s1", clock() + LIFE)


@pytest.mark.slow
def test_200_that_come_when_all_have_died_are_let_in_once_each(few: Store, clock: Clock) -> None:
    for number in range(MOST):
        few.open_streams.open("p", f"old{number}", clock() + LIFE)
    few.open_streams.stay("p", "old0", clock() + 10 * LIFE)
    clock.advance(2 * LIFE)

    def opens(number: int) -> None:
        few.open_streams.open("p", f"new{number}", clock() + LIFE)

    assert at_once(opens, TooManyStreams) == MOST - 1


def test_a_stream_that_ends_leaves_its_place_and_ending_twice_leaves_no_more(
    few: Store, clock: Clock
) -> None:
    for number in range(MOST):
        few.open_streams.open("p", f"s{number}", clock() + LIFE)
    with pytest.raises(TooManyStreams) as refused:
        few.open_streams.open("p", "more", clock() + LIFE)
    assert refused.value.retry_after > 0
    for _ in range(2):
        few.open_streams.close("p", "s3")
    few.open_streams.open("p", "more", clock() + LIFE)
    with pytest.raises(TooManyStreams):
        few.open_streams.open("p", "even more", clock() + LIFE)


STEPS = st.lists(
    st.tuples(st.sampled_from(["open", "stay", "close", "wait"]), st.integers(0, 12)), max_size=30
)


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS, st.uuids())
def test_any_sequence_is_counted_as_a_list_would(
    few: Store, clock: Clock, steps: list[tuple[str, int]], payer: Any
) -> None:
    tried("life of streams", steps)
    ends: dict[str, int] = {}
    for step, number in steps:
        name, now, until = f"s{number}", clock(), clock() + LIFE
        alive = {each for each, end in ends.items() if end > now}
        match step:
            case "open":
                if len(alive | {name}) > MOST and name not in alive:
                    with pytest.raises(TooManyStreams):
                        few.open_streams.open(str(payer), name, until)
                    ends = {each: ends[each] for each in alive}
                elif name not in ends:
                    few.open_streams.open(str(payer), name, until)
                    ends[name] = until
            case "stay":
                if name in alive:
                    few.open_streams.stay(str(payer), name, until)
                    ends[name] = until
            case "close":
                few.open_streams.close(str(payer), name)
                ends.pop(name, None)
            case _:
                clock.advance(number * 100)

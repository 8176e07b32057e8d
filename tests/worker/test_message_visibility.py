"""Messages are kept invisible in time, ten of them in one call."""

from __future__ import annotations

from contextlib import ExitStack
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from forge.models.timing import EXTEND_SECONDS, FIRST_EXTEND_SECONDS, LOOK_SECONDS, VISIBILITY_SECONDS
from tests.unlisted import tried
from worker.runs.message_visibility import BATCH, KeptMessages

LIVES = st.lists(
    st.tuples(st.floats(0, 20), st.floats(0.1, 15), st.sampled_from([0.0, 0.01, 0.4, 0.9])), max_size=40
)
"""When each message came, for how long it is worked on, and how long the calls take that it is in."""


@given(LIVES)
def test_no_message_comes_back_while_it_is_worked_on(lives: list[tuple[float, float, float]]) -> None:
    tried("messages that are kept back", lives)
    kept, now = KeptMessages(), 0.0
    hidden_until = [came + VISIBILITY_SECONDS for came, _, _ in lives]
    open_ones: dict[int, ExitStack] = {}
    under_way: list[tuple[float, list[int], object]] = []
    while now < 40:
        for number, (came, lasts, _) in enumerate(lives):
            if number not in open_ones and came <= now < came + lasts:
                open_ones[number] = ExitStack()
                open_ones[number].enter_context(kept.keep(str(number), came))
            if number in open_ones and now >= came + lasts:
                open_ones[number].close()
            assert now < hidden_until[number] or not came <= now < came + lasts
        for call in [call for call in under_way if call[0] <= now]:
            under_way.remove(call)
            for number in call[1]:
                hidden_until[number] = call[0] + VISIBILITY_SECONDS
            kept.end_batch(call[2], call[0])  # type: ignore[arg-type]
        for batch in kept.begin_batches(now):
            numbers = [int(each.receipt) for each in batch]
            assert 0 < len(numbers) <= BATCH
            under_way.append((now + max(lives[number][2] for number in numbers), numbers, batch))
        now += LOOK_SECONDS


@given(st.lists(st.floats(0, 2), min_size=1, max_size=60))
def test_messages_that_came_one_by_one_are_soon_kept_together(came: list[float]) -> None:
    """Two calls for each ten and round, at the most, where there was one for each message."""
    kept, calls = KeptMessages(), 0
    for number, at in enumerate(came):
        kept.keep(str(number), at).__enter__()
    rounds = 10
    looks = ceil((2 + FIRST_EXTEND_SECONDS + rounds * EXTEND_SECONDS) / LOOK_SECONDS)
    for now in (look * LOOK_SECONDS for look in range(looks)):
        for batch in kept.begin_batches(now):
            calls += 1
            kept.end_batch(batch, now)
    first = ceil(2 / LOOK_SECONDS) + 1
    assert calls <= first + (rounds + 2) * 2 * ceil(len(came) / BATCH)


def test_what_is_over_is_kept_no_longer_even_while_a_call_is_under_way() -> None:
    kept = KeptMessages()
    with kept.keep("a", 0):
        (batch,) = kept.begin_batches(FIRST_EXTEND_SECONDS)
        assert kept.begin_batches(100) == []
    kept.end_batch(batch, 100)
    assert kept.begin_batches(1_000) == []

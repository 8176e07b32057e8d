"""How long a soak waits for the end of a run whose workers are lost again and again."""

from __future__ import annotations

from bench.soak.conversation import END_SECONDS, LONGEST_SECONDS, patience_left
from bench.soak.events import EVERYTHING, Event

REF = frozenset({"ref"})
CLAIMED = Event(0, "worker-1", "runs.claim", "applied", REF)


def lost(at: float) -> Event:
    return Event(at, "worker-1", EVERYTHING, "kill", frozenset())


def test_a_run_that_nobody_disturbs_is_not_waited_for_any_longer() -> None:
    assert patience_left([CLAIMED], 0, END_SECONDS, END_SECONDS) == 0


def test_a_run_has_as_long_again_from_the_loss_of_its_worker_on() -> None:
    assert patience_left([CLAIMED, lost(20)], 0, END_SECONDS, END_SECONDS) == 20


def test_what_was_lost_before_the_wait_began_counts_for_nothing() -> None:
    assert patience_left([CLAIMED, lost(20)], 30, 30 + END_SECONDS, END_SECONDS) == 0


def test_no_run_is_waited_for_without_an_end() -> None:
    now = LONGEST_SECONDS + 1
    assert patience_left([CLAIMED, lost(now - 1)], 0, now, END_SECONDS) < 0

"""An accepted message lives until it has an outcome, and no wrong clock ends it sooner."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from forge.errors import LeaseHeld
from forge.models.run import Progress
from forge.models.session_key import SessionKey
from forge.settings import Settings
from forge.store import Store, open_store
from tests.clock import Clock
from tests.store.scenes import KEY, completed, next_of, spoken, started, told

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def waits(store: Store) -> None:
    told(store)


def is_worked_on(store: Store) -> None:
    started(store)


def is_renamed_while_it_waits(store: Store) -> None:
    told(store)
    store.sessions.rename(KEY, "title")


def is_touched_while_it_waits(store: Store) -> None:
    told(store)
    store.sessions.touch(KEY)


def waits_behind_an_ended_run(store: Store) -> None:
    lease = started(store, "one")
    told(store, "two")
    store.runs.finish(lease, completed(spoken()))


BUSY = [waits, is_worked_on, is_renamed_while_it_waits, is_touched_while_it_waits, waits_behind_an_ended_run]


@pytest.mark.parametrize("scene", BUSY)
def test_what_is_accepted_does_not_expire_before_the_greatest_age(
    store: Store, clock: Clock, scene: Callable[[Store], None]
) -> None:
    scene(store)
    clock.advance(29 * DAY)
    (message,) = store.recovery.stranded()
    assert store.runs.claim(message, "w").run_id == message.run_id


def test_after_the_outcome_the_session_lives_its_usual_time(store: Store, clock: Clock) -> None:
    store.runs.finish(started(store), completed(spoken()))
    clock.advance(29 * MINUTE)
    assert store.sessions.get(KEY) is not None
    clock.advance(MINUTE)
    assert store.sessions.get(KEY) is None


def test_runs_that_expire_all_the_same_are_told(store: Store, clock: Clock, caplog: Any) -> None:
    told(store)
    told(store, "two")
    clock.advance(31 * DAY)
    with caplog.at_level(logging.ERROR):
        told(store, "anew")
    (line,) = {id(each): each for each in caplog.records if each.msg == "runs expired unanswered"}.values()
    assert line.runs == 2
    assert KEY.session_id not in str(vars(line))


@pytest.mark.parametrize("behind", [20_000, HOUR])
def test_a_worker_whose_clock_is_behind_ends_no_session(
    settings: Settings, dynamodb: Any, clock: Clock, behind: int
) -> None:
    store = open_store(settings, clock, dynamodb)
    slow = open_store(settings, lambda: clock() - behind, dynamodb)
    session = told(store)
    lease = slow.runs.renew(slow.runs.claim(next_of(session), "slow"))
    slow.runs.finish(lease, completed(spoken()))
    before = store.sessions.get(KEY)
    assert before is not None
    slow.sessions.touch(KEY)
    slow.sessions.rename(KEY, "title")
    after = store.sessions.get(KEY)
    assert after is not None
    assert after.expires_at >= before.expires_at


@pytest.mark.parametrize(("ahead", "counts"), [(0, True), (2_000, True), (20_000, False), (HOUR, False)])
def test_a_lease_counts_no_further_ahead_than_it_is_long(
    settings: Settings, dynamodb: Any, clock: Clock, ahead: int, counts: bool
) -> None:
    store = open_store(settings, clock, dynamodb)
    fast = open_store(settings, lambda: clock() + ahead, dynamodb)
    session = told(store)
    lease = fast.runs.claim(next_of(session), "fast")
    if counts:
        with pytest.raises(LeaseHeld):
            store.runs.claim(next_of(session), "w")
    else:
        assert [each.run_id for each in store.recovery.stranded()] == []
        assert store.runs.claim(next_of(session), "w").fence > lease.fence


def test_at_the_start_of_a_stack_everything_that_waits_is_found_at_once(store: Store) -> None:
    sessions = [told(store, key=SessionKey("anonymous", f"s{number}")) for number in range(3)]
    assert store.recovery.stranded() == []
    found = store.recovery.stranded(everything=True)
    assert sorted(each.run_id for each in found) == sorted(each.inbox[0].run_id for each in sessions)


@pytest.mark.slow
def test_an_attempt_that_stored_something_does_not_count(store: Store, clock: Clock) -> None:
    session = told(store)
    for attempt in range(6):
        lease = store.runs.claim(next_of(session), f"w{attempt}")
        assert lease.session.active is not None
        assert lease.session.active.strikes == 0
        store.runs.append(lease, Progress(drafts=[spoken(f"{attempt}")]))
        clock.advance(7_000)


def test_runs_beside_a_suspect_are_not_charged(store: Store, clock: Clock) -> None:
    other = SessionKey("anonymous", "other")
    poison = told(store)
    for worker in ("a", "b"):
        store.runs.claim(next_of(poison), worker)
        clock.advance(7_000)
    store.runs.claim(next_of(poison), "c")  # two attempts have counted: a suspect
    innocent = told(store, key=other)
    store.runs.claim(next_of(innocent), "c")
    clock.advance(7_000)
    taken = store.runs.claim(next_of(innocent), "d").session.active
    convicted = store.runs.claim(next_of(poison), "d").session.active
    assert taken is not None
    assert convicted is not None
    assert (taken.strikes, convicted.strikes) == (0, 3)

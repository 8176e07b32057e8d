from __future__ import annotations

from forge.models.session_key import SessionKey
from forge.models.timing import LEASE_MS, TAKEOVER_GRACE_MS
from forge.store import Store
from tests.clock import Clock
from tests.store.scenes import KEY, about, completed, next_of, started, told


def test_an_accepted_message_that_nobody_claims_is_found(store: Store, clock: Clock):
    session = told(store, "one")
    clock.advance(10_000)
    session = told(store, "two")
    assert store.recovery.stranded() == []
    clock.advance(5_000)
    assert store.recovery.stranded() == [next_of(session)]


def test_a_run_in_progress_is_not_found(store: Store, clock: Clock):
    lease = started(store)
    for _ in range(5):
        clock.advance(3_000)
        lease = store.runs.renew(lease)
        assert store.recovery.stranded() == []


def test_a_run_whose_worker_died_is_found_some_time_after_its_lease(store: Store, clock: Clock):
    lease = started(store)
    told(store, "two")
    clock.advance(LEASE_MS + TAKEOVER_GRACE_MS)
    assert store.recovery.stranded() == []
    clock.advance(1)
    expected = about(lease.session, lease.run_id).model_copy(update={"attempt": 2})
    assert store.recovery.stranded() == [expected]


def test_the_message_behind_an_ended_run_is_found_when_it_is_not_claimed(store: Store, clock: Clock):
    lease = started(store, "one")
    told(store, "two")
    clock.advance(5_000)
    session = store.runs.finish(lease, completed()).session
    clock.advance(14_999)
    assert store.recovery.stranded() == []
    clock.advance(1)
    assert store.recovery.stranded() == [next_of(session)]


def test_idle_sessions_leave_the_index(store: Store, clock: Clock):
    store.runs.finish(started(store), completed())
    session = told(store)
    store.inbox.withdraw(KEY, [session.inbox[0].run_id])
    clock.advance(60_000)
    assert store.recovery.stranded() == []


def test_expired_and_deleted_sessions_do_not_crowd_out_the_others(store: Store, clock: Clock):
    for number in range(4):
        told(store, key=SessionKey("anonymous", f"old{number}"))
    clock.advance(31 * 86_400_000)
    told(store, key=SessionKey("anonymous", "deleted"))
    store.sessions.delete(SessionKey("anonymous", "deleted"))
    session = told(store)
    clock.advance(15_000)
    assert store.recovery.stranded(limit=1) == [next_of(session)]
    assert store.recovery.stranded(limit=1) == [next_of(session)]


def test_no_more_than_the_limit_are_handed_out(store: Store, clock: Clock):
    for number in range(5):
        told(store, key=SessionKey("anonymous", f"s{number}"))
    clock.advance(15_000)
    assert len(store.recovery.stranded(limit=3)) == 3
    assert len(store.recovery.stranded()) == 5

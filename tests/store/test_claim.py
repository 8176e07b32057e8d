from __future__ import annotations

from typing import Any

import pytest

from forge.errors import LeaseHeld, LeaseLost, RunGone
from forge.models.timing import LEASE_MS
from forge.store import Store
from tests.clock import Clock
from tests.store.scenes import KEY, about, completed, counted, next_of, spoken, started, told
from worker.runs.lost_worker_limit import LOST_WORKERS_LIMIT


def test_claiming_the_next_run_costs_one_write(store: Store, dynamodb: Any, clock: Clock):
    session = told(store, "first")
    with counted(dynamodb) as calls:
        lease = store.runs.claim(next_of(session), "worker-a")

    assert calls == ["UpdateItem"]
    assert (lease.attempt, lease.until) == (1, clock.now + LEASE_MS)
    assert lease.session == store.sessions.get(KEY)
    active = lease.session.active
    assert active is not None
    assert (active.submission, active.worker, active.fence) == (session.inbox[0], "worker-a", lease.fence)
    assert lease.session.inbox == []


def test_second_message_waits_for_the_first_run(store: Store):
    first = told(store, "one")
    second = told(store, "two")
    store.runs.claim(next_of(first), "a")
    with pytest.raises(LeaseHeld):
        store.runs.claim(about(second, second.inbox[1].run_id), "b")


def test_whoever_comes_first_claims_the_head(store: Store):
    told(store, "one")
    session = told(store, "two")
    lease = store.runs.claim(about(session, session.inbox[1].run_id), "a")
    assert lease.run_id == session.inbox[0].run_id
    assert [each.content for each in lease.session.inbox] == ["two"]


def test_an_ended_run_is_gone(store: Store):
    lease = started(store)
    ended = store.runs.finish(lease, completed()).session
    told(store, "next")
    with pytest.raises(RunGone):
        store.runs.claim(about(ended, lease.run_id), "a")


def test_a_run_of_an_older_generation_is_gone(store: Store, clock: Clock):
    old = told(store)
    clock.advance(31 * 86_400_000)
    with pytest.raises(RunGone):
        store.runs.claim(next_of(old), "a")
    told(store)
    with pytest.raises(RunGone):
        store.runs.claim(next_of(old), "a")


def test_a_run_of_an_unknown_session_is_gone(store: Store):
    session = told(store)
    with pytest.raises(RunGone):
        store.runs.claim(next_of(session).model_copy(update={"session_id": "other"}), "a")


def test_a_living_lease_is_respected(store: Store, clock: Clock):
    lease = started(store)
    clock.advance(LEASE_MS)
    with pytest.raises(LeaseHeld):
        store.runs.claim(next_of(lease.session), "b")


def test_a_run_is_taken_over_when_its_lease_has_run_out(store: Store, clock: Clock):
    lease = store.runs.flush(started(store), "half an ans")
    clock.advance(LEASE_MS + 1)

    taken = store.runs.claim(next_of(lease.session), "b")

    assert (taken.run_id, taken.attempt, taken.fence) == (lease.run_id, 2, lease.fence + 1)
    active = taken.session.active
    assert active is not None
    assert (active.text, active.worker) == ("", "b")
    with pytest.raises(LeaseLost):
        store.runs.flush(lease, "half an answer")


def test_an_abandoned_run_goes_before_the_queued_ones(store: Store, clock: Clock):
    lease = started(store, "one")
    session = told(store, "two")
    clock.advance(LEASE_MS + 1)
    taken = store.runs.claim(about(session, session.inbox[0].run_id), "b")
    assert taken.run_id == lease.run_id


def test_a_released_run_is_taken_over_at_once(store: Store):
    lease = started(store)
    store.runs.release(lease)
    assert store.runs.claim(next_of(lease.session), "b").attempt == 2
    with pytest.raises(LeaseLost):
        store.runs.release(lease)


def test_renewing_keeps_the_lease_and_the_session_alive(store: Store, clock: Clock):
    lease = started(store)
    for _ in range(5):
        clock.advance(10 * 60_000)
        lease = store.runs.renew(lease)
    assert lease.until == clock.now + LEASE_MS
    assert store.sessions.get(KEY) == lease.session


def test_one_attempt_too_many_can_be_claimed_to_be_failed(store: Store, clock: Clock):
    lease = started(store)
    for attempt in range(2, LOST_WORKERS_LIMIT + 2):
        clock.advance(LEASE_MS + 1)
        lease = store.runs.claim(next_of(lease.session), "b")
        assert lease.attempt == attempt
    assert store.runs.finish(lease, completed(spoken("It failed."))).session.active is None


def test_a_claim_whose_answer_was_lost_is_still_ours(store: Store, dynamodb: Any):
    """The client library repeats a call whose answer did not arrive."""
    session = told(store)
    call, lost = dynamodb._make_api_call, []

    def twice(operation: str, parameters: Any) -> Any:
        if operation == "UpdateItem" and not lost:
            lost.append(call(operation, parameters))
        return call(operation, parameters)

    dynamodb._make_api_call = twice
    lease = store.runs.claim(next_of(session), "a")

    assert lost
    assert lease.attempt == 1
    assert store.runs.renew(lease).run_id == session.inbox[0].run_id

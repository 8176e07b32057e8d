from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from forge.errors import ClaimRefused, LeaseHeld, LeaseLost
from forge.models.caller import Grant
from forge.models.run import Progress
from forge.models.session_key import SessionKey
from forge.models.work import CallRecord, Lease
from forge.settings import Settings
from forge.store import Store, open_store
from tests.clock import Clock
from tests.patience import PATIENCE_SECONDS
from tests.store.scenes import KEY, completed, counted, log, next_of, spoken, started, submission, told


def together(*acts: Callable[[], Any]) -> list[Any]:
    """What each act returned or raised, all begun at the same moment."""
    start = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        start.wait(PATIENCE_SECONDS)
        try:
            return act()
        except (Exception, LeaseLost) as error:  # noqa: BLE001 it is what the test looks at
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result(PATIENCE_SECONDS) for future in [pool.submit(run, act) for act in acts]]


def test_messages_accepted_at_once_are_all_kept_and_in_one_order(table: str, clock: Clock, dynamodb: Any):
    store = open_store(Settings(forge_table=table, rate_limit_burst=10), clock, dynamodb)
    messages = [submission(f"m{number}") for number in range(8)]

    answers = together(*(lambda each=each: store.inbox.accept(KEY, each) for each in messages))

    session = store.sessions.get(KEY)
    assert session is not None
    assert sorted(each.content for each in session.inbox) == [f"m{number}" for number in range(8)]
    assert len({answer.rev for answer in answers}) == 8
    assert len({answer.generation for answer in answers}) == 1
    whole = [each.run_id for each in session.inbox]
    for answer in answers:
        seen = [each.run_id for each in answer.inbox]
        assert seen == whole[: len(seen)]


def test_the_same_message_sent_at_once_is_accepted_once(store: Store):
    message = submission()
    answers = together(*[lambda: store.inbox.accept(KEY, message)] * 6)
    assert all(answer == answers[0] for answer in answers)
    assert len(store.sessions.get(KEY).inbox) == 1  # type: ignore[union-attr]


def test_only_one_of_many_workers_gets_the_run(store: Store):
    session = told(store)
    claims = together(*(lambda n=n: store.runs.claim(next_of(session), f"w{n}") for n in range(6)))
    leases = [claim for claim in claims if isinstance(claim, Lease)]
    assert len(leases) == 1
    assert all(isinstance(claim, LeaseHeld) for claim in claims if claim not in leases)


def test_only_one_of_many_workers_takes_an_abandoned_run_over(store: Store, clock: Clock):
    lease = started(store)
    clock.advance(6_001)
    claims = together(*(lambda n=n: store.runs.claim(next_of(lease.session), f"w{n}") for n in range(6)))
    (taken,) = [claim for claim in claims if isinstance(claim, Lease)]
    assert (taken.attempt, taken.fence) == (2, lease.fence + 1)


@pytest.mark.slow
def test_nothing_is_lost_when_messages_arrive_while_a_run_writes(table: str, clock: Clock, dynamodb: Any):
    store = open_store(Settings(forge_table=table, rate_limit_burst=10), clock, dynamodb)
    lease = started(store, "question")

    def work() -> Any:
        held = lease
        for number in range(5):
            held = store.runs.flush(held, f"text {number}")
            held = store.runs.append(held, Progress(drafts=[spoken(f"part {number}")]))
        return store.runs.finish(held, completed(spoken("end"))).session

    ended, *_ = together(work, *(lambda n=n: told(store, f"m{n}") for n in range(4)))

    assert ended.active is None
    session = store.sessions.get(KEY)
    assert session is not None
    assert sorted(each.content for each in session.inbox) == ["m0", "m1", "m2", "m3"]
    assert log(store) == ["question", *(f"part {number}" for number in range(5)), "end"]


@pytest.mark.slow
def test_withdrawing_and_claiming_at_once_have_one_winner(store: Store):
    for number in range(5):
        key = SessionKey("anonymous", f"s{number}")
        session = told(store, key=key)
        run_id = session.inbox[0].run_id
        claim, stopped = together(
            lambda session=session: store.runs.claim(next_of(session), "a"),
            lambda key=key, run_id=run_id: store.inbox.withdraw(key, [run_id]),
        )
        if isinstance(claim, ClaimRefused):
            assert stopped.recent == {run_id: "interrupted"}
            assert log(store, key) == ["hello", "Interrupted by user"]
        else:
            assert stopped.active == claim.session.active
            assert log(store, key) == []


def test_a_takeover_and_a_late_finish_have_one_winner(store: Store, clock: Clock):
    lease = store.runs.flush(started(store), "text")
    clock.advance(6_001)
    ended, taken, stopped = together(
        lambda: store.runs.finish(lease, completed(spoken("late"))),
        lambda: store.runs.claim(next_of(lease.session), "b"),
        lambda: store.recovery.interrupt_abandoned(KEY, lease.run_id),
    )
    finished = not isinstance(ended, LeaseLost)
    taken_over = isinstance(taken, Lease)
    interrupted = stopped.recent.get(lease.run_id) == "interrupted"
    assert [finished, taken_over, interrupted].count(True) == 1
    if finished:
        assert log(store) == ["hello", "late"]


def test_a_ticket_used_at_once_lets_one_in(store: Store, clock: Clock):
    store.tickets.issue("t1", Grant(SessionKey("ann", "s")), clock.now + 30_000)
    grants = together(*[lambda: store.tickets.redeem("t1", clock.now)] * 6)
    assert sorted(map(str, grants), key=len) == ["None"] * 5 + [str(Grant(SessionKey("ann", "s")))]


def test_the_first_recorded_result_is_everybodys(store: Store):
    lease = started(store)
    store.journal.begin_call(lease, "1:c1", {})
    records = together(
        *(lambda n=n: store.journal.finish_call(lease, "1:c1", CallRecord("ok", str(n))) for n in range(6))
    )
    assert len(set(records)) == 1


@pytest.mark.slow
def test_many_sessions_do_not_disturb_each_other(store: Store, dynamodb: Any):
    keys = [SessionKey("anonymous", f"s{number}") for number in range(8)]

    def talk(key: SessionKey) -> list[str]:
        lease = store.runs.claim(next_of(told(store, f"to {key.session_id}", key)), "w")
        lease = store.runs.flush(lease, f"for {key.session_id}")
        store.runs.finish(lease, completed(spoken(f"for {key.session_id}")))
        return log(store, key)

    with counted(dynamodb) as calls:
        logs = together(*(lambda key=key: talk(key) for key in keys))
    assert logs == [[f"to {key.session_id}", f"for {key.session_id}"] for key in keys]
    assert calls.count("PutItem") == 4 * len(keys)

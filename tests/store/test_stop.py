from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

import pytest

from forge.dynamodb.table import Table
from forge.errors import LeaseLost, StorageUnavailable
from forge.models.run import Progress
from forge.models.timing import LEASE_MS
from forge.models.work import CallRecord
from forge.store import Store
from forge.store.running.recovery import TableRecovery
from tests.clock import Clock
from tests.store.scenes import KEY, about, completed, log, next_of, spoken, started, told


def test_withdrawn_messages_of_an_idle_session_stay_visible(store: Store):
    told(store, "one")
    told(store, "two")
    session = told(store, "three")
    ids = [each.run_id for each in session.inbox]

    stopped = store.inbox.withdraw(KEY, [ids[0], ids[2]])

    assert stopped == store.sessions.get(KEY)
    assert stopped is not None
    assert [each.content for each in stopped.inbox] == ["two"]
    assert stopped.recent == {ids[0]: "interrupted", ids[2]: "interrupted"}
    assert log(store) == ["one", "three", "Interrupted by user"]
    assert store.runs.claim(about(stopped, ids[1]), "a").run_id == ids[1]


def test_beside_an_active_run_withdrawn_messages_are_shown_after_its_end(store: Store):
    lease = started(store, "one")
    queued = told(store, "two").inbox[0].run_id
    session = store.inbox.withdraw(KEY, [queued])
    assert session is not None
    assert (session.inbox, session.recent) == ([], {queued: "interrupted"})
    store.runs.finish(lease, completed(spoken()))
    assert log(store) == ["one", "answer", "two", "Interrupted by user"]


def test_withdrawing_what_is_not_queued_changes_nothing(store: Store):
    lease = started(store)
    assert store.inbox.withdraw(KEY, [lease.run_id, "0" * 32]) == lease.session
    assert store.sessions.get(KEY) == lease.session


def test_nothing_can_be_withdrawn_from_an_absent_session(store: Store, clock: Clock):
    assert store.inbox.withdraw(KEY, ["0" * 32]) is None
    session = told(store)
    clock.advance(31 * 86_400_000)
    assert store.inbox.withdraw(KEY, [session.inbox[0].run_id]) is None


@pytest.mark.parametrize("text", ["half an answer", "€𝄞" * 20_000, ""])
def test_an_abandoned_run_is_interrupted_with_its_partial_text(store: Store, clock: Clock, text: str):
    lease = store.runs.append(started(store, "question"), Progress(drafts=[spoken("first")]))
    lease = store.runs.flush(lease, text)
    clock.advance(6_001)

    session = store.recovery.interrupt_abandoned(KEY, lease.run_id)

    assert session == store.sessions.get(KEY)
    assert session is not None
    assert (session.active, session.recent) == (None, {lease.run_id: "interrupted"})
    assert log(store) == ["question", "first", *([text] if text else []), "Interrupted by user"]
    with pytest.raises(LeaseLost):
        store.runs.finish(lease, completed(spoken("too late")))
    assert log(store)[-1] == "Interrupted by user"
    assert store.sessions.messages(session)[-1].run_end == "interrupted"


@pytest.mark.parametrize("call", ["update", "transact"])
def test_a_stop_that_broke_off_keeps_the_partial_text_when_it_is_repeated(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch, call: str
):
    """The answer to the write that moves the fence is lost, or the write that ends the run fails."""
    lease = store.runs.flush(started(store, "question"), "half an answer")
    clock.advance(6_001)
    write = getattr(Table, call)

    def lost(table: Table, *given: Any) -> None:
        if call == "update":
            write(table, *given)
        raise StorageUnavailable("The table is out of reach.", retry_after=1)

    with monkeypatch.context() as patch, suppress(StorageUnavailable):
        patch.setattr(Table, call, lost)
        store.recovery.interrupt_abandoned(KEY, lease.run_id)
    session = store.sessions.get(KEY)
    assert session is not None
    assert store.sessions.streaming_text(session) == "half an answer"
    store.recovery.interrupt_abandoned(KEY, lease.run_id)
    assert log(store) == ["question", "half an answer", "Interrupted by user"]


def test_a_late_finish_of_an_interrupted_run_is_refused_by_the_fence(store: Store, clock: Clock):
    lease = started(store)
    clock.advance(6_001)
    store.recovery.interrupt_abandoned(KEY, lease.run_id)
    with pytest.raises(LeaseLost):
        store.runs.renew(lease)


def test_a_run_with_a_living_lease_is_left_to_its_worker(store: Store, clock: Clock):
    lease = started(store)
    clock.advance(LEASE_MS)
    assert store.recovery.interrupt_abandoned(KEY, lease.run_id) == lease.session
    assert store.runs.renew(lease).attempt == 1


@pytest.mark.parametrize(("repeatable", "is_left"), [("false", True), ("true", False)])
@pytest.mark.parametrize("is_done", [False, True])
def test_what_has_begun_something_with_an_effect_is_left_to_whoever_can_tell_of_it(
    store: Store, clock: Clock, repeatable: str, *, is_left: bool, is_done: bool
):
    lease = started(store)
    store.journal.begin_call(lease, "0001:call-0", {"tool": "send", "repeatable": repeatable})
    if is_done:
        store.journal.finish_call(lease, "0001:call-0", CallRecord("ok", "x" * 500_000))
    clock.advance(6_001)
    session = store.recovery.interrupt_abandoned(KEY, lease.run_id)
    assert session is not None
    assert (session.active is not None) is is_left
    if is_left:
        assert store.runs.claim(about(session, lease.run_id), "b").attempt == 2


@pytest.mark.parametrize("left", [-1, 2])
def test_nothing_begins_between_the_look_at_what_has_begun_and_the_end(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch, left: int
):
    """The worker's clock is behind: it takes its lease, which is over, for its own. `left`: the milliseconds until it
    is over, which pass while the run is stopped.
    """
    lease = started(store)
    assert lease.session.active is not None
    clock.now = lease.session.active.lease_until - left
    begun: list[str] = []

    def passing() -> int:
        clock.advance(1)
        return clock()

    def look_and_begin(table: Table, *query: Any) -> Any:
        found = list(looked(table, *query))
        with suppress(LeaseLost):
            begun.append(store.journal.begin_call(lease, f"{len(begun)}", {"repeatable": "false"})[0])
        return found

    looked = Table.query
    monkeypatch.setattr(Table, "query", look_and_begin)
    session = replace(cast("TableRecovery", store.recovery), clock=passing).interrupt_abandoned(
        KEY, lease.run_id
    )
    monkeypatch.undo()
    assert session is not None
    assert session.active is not None, "a call has begun whose outcome nobody tells"
    assert begun == ["new"]
    assert store.runs.claim(about(session, lease.run_id), "b").attempt == 2


def test_another_run_than_the_named_one_is_not_interrupted(store: Store, clock: Clock):
    lease = started(store)
    clock.advance(6_001)
    assert store.recovery.interrupt_abandoned(KEY, "0" * 32) == lease.session


def test_after_an_interrupted_run_the_next_one_can_start(store: Store, clock: Clock):
    lease = started(store, "one")
    told(store, "two")
    clock.advance(6_001)
    session = store.recovery.interrupt_abandoned(KEY, lease.run_id)
    assert session is not None
    taken = store.runs.claim(next_of(session), "b")
    store.runs.finish(taken, completed(spoken("done")))
    assert log(store) == ["one", "Interrupted by user", "two", "done"]

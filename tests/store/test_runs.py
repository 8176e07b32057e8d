from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from forge.errors import InvalidRequest, LeaseLost
from forge.models.message import Draft, ToolDisplay
from forge.models.run import Ending, Progress
from forge.models.work import Lease
from forge.store import Store
from forge.store.stored.message_log import PART_BYTES
from tests.clock import T0, Clock
from tests.store.scenes import KEY, approval, completed, counted, log, next_of, spoken, started, told


def test_flushing_costs_two_small_writes_and_shows_the_text(store: Store, dynamodb: Any):
    lease = started(store)
    with counted(dynamodb) as calls:
        lease = store.runs.flush(lease, "the answer so far")
    assert calls == ["UpdateItem", "PutItem"]
    assert store.sessions.get(KEY) == lease.session
    assert store.sessions.streaming_text(lease.session) == "the answer so far"
    assert lease.session.text_seq == 1


@pytest.mark.parametrize("character", ["a", "é", "€", "𝄞"])
def test_streaming_text_of_any_length_is_kept_in_parts(store: Store, character: str):
    lease = started(store)
    text = ""
    for length in (20_000, 9_000, 40_000, 1):
        text += character * length
        lease = store.runs.flush(lease, text)
        assert store.sessions.get(KEY) == lease.session
        active = lease.session.active
        assert active is not None
        assert len(text[active.text_base :].encode()) <= PART_BYTES
        assert store.sessions.streaming_text(lease.session) == text


def test_a_new_attempt_overwrites_the_parts_of_the_one_before(store: Store, clock: Clock):
    old = store.runs.flush(started(store), "old" * 60_000)
    clock.advance(6_001)
    lease = store.runs.claim(next_of(old.session), "b")
    assert store.sessions.streaming_text(lease.session) == ""

    lease = store.runs.flush(lease, "new" * 20_000)
    assert store.sessions.streaming_text(lease.session) == "new" * 20_000

    store.runs.finish(lease, completed(spoken("new" * 20_001)))
    assert log(store) == ["hello", "new" * 20_001]


def test_a_long_finished_message_is_read_as_one(store: Store):
    text = "€𝄞a" * 30_000
    store.runs.finish(started(store), completed(spoken(text), spoken("short")))
    assert log(store) == ["hello", text, "short"]


def test_parts_left_by_an_attempt_do_not_leak_into_the_message(store: Store):
    lease = store.runs.flush(started(store), "x" * 100_000)
    store.runs.finish(lease, completed(spoken("short")))
    assert log(store) == ["hello", "short"]


def test_appending_moves_the_input_then_the_drafts_to_the_log(store: Store, dynamodb: Any):
    lease = store.runs.flush(started(store, "question"), "partial")
    display = ToolDisplay(call_id="c1", name="balance", arguments={"who": "Alice"})
    call = Draft(sender="system", kind="tool_call", content="tool: balance", created_at=T0, tool=display)

    with counted(dynamodb) as calls:
        lease = store.runs.append(lease, Progress(drafts=[spoken("partial"), call], tokens=7))

    assert calls == ["PutItem"] * 3 + ["UpdateItem"]
    assert store.sessions.get(KEY) == lease.session
    assert log(store) == ["question", "partial", "tool: balance"]
    assert store.sessions.messages(lease.session, 2)[0].tool == display
    assert lease.session.tokens == 7
    assert lease.session.active is not None
    assert (lease.session.active.text, lease.session.active.input_logged) == ("", True)
    assert lease.session.text_seq == 3


def test_shown_results_gather_until_the_next_response(store: Store):
    lease = store.runs.append(started(store), Progress(shown_results=frozenset({"c1"}), new_response=True))
    lease = store.runs.append(lease, Progress(shown_results=frozenset({"c2"})))
    assert lease.session.active.shown_results == {"c1", "c2"}  # type: ignore[union-attr]
    lease = store.runs.append(lease, Progress(new_response=True))
    assert lease.session.active.shown_results == frozenset()  # type: ignore[union-attr]
    assert store.sessions.get(KEY) == lease.session


def test_a_message_that_arrives_meanwhile_is_seen_by_the_next_append(store: Store):
    lease = started(store)
    accepted = told(store, "one more")
    lease = store.runs.append(lease, Progress(drafts=[spoken()]))
    assert lease.session.rev > accepted.rev
    assert [each.content for each in lease.session.inbox] == ["one more"]
    assert store.sessions.get(KEY) == lease.session


def test_finishing_ends_the_run_by_its_last_write(store: Store, dynamodb: Any):
    lease = store.runs.flush(started(store, "question"), "answer")
    with counted(dynamodb) as calls:
        session = store.runs.finish(lease, completed(spoken("answer"), tokens=5)).session
    assert calls == ["PutItem"] * 2 + ["UpdateItem"]
    assert store.sessions.get(KEY) == session
    assert log(store) == ["question", "answer"]
    assert (session.active, session.recent) == (None, {lease.run_id: "completed"})


@pytest.mark.slow
def test_the_last_twenty_outcomes_are_remembered(store: Store, clock: Clock):
    stopped: list[str] = []
    for _ in range(3):
        clock.advance(60_000)
        waiting = [told(store).inbox[-1].run_id for _ in range(8)]
        store.inbox.withdraw(KEY, waiting)
        stopped += waiting
    lease = started(store)
    session = store.runs.finish(lease, completed()).session
    assert list(session.recent) == [*stopped[-19:], lease.run_id]
    assert store.sessions.get(KEY) == session


def test_approvals_are_added_and_answered_by_the_end_of_a_run(store: Store):
    lease = started(store)
    pending = [approval("a" * 32, lease.run_id), approval("b" * 32, lease.run_id)]
    session = store.runs.finish(lease, Ending(outcome="waiting", approvals=pending)).session
    assert session.approvals == pending == store.sessions.get(KEY).approvals  # type: ignore[union-attr]

    session = store.runs.finish(started(store), completed(answered=frozenset({"a" * 32}))).session
    assert session.approvals == pending[1:]
    assert store.sessions.get(KEY) == session


def test_approvals_too_large_for_the_item_are_refused(store: Store):
    lease = started(store)
    huge = approval("a" * 32, lease.run_id, "0x" + "00" * 64_000)
    with pytest.raises(InvalidRequest):
        store.runs.finish(lease, Ending(outcome="waiting", approvals=[huge]))
    assert store.runs.finish(lease, completed()).session.approvals == []


@pytest.mark.slow
def test_progress_larger_than_a_transaction_becomes_visible_at_once(store: Store, dynamodb: Any):
    lease = started(store)
    drafts = [spoken(f"m{number}") for number in range(150)]
    with counted(dynamodb) as calls:
        lease = store.runs.append(lease, Progress(drafts=drafts))
    assert calls == ["TransactWriteItems"] * 2
    assert log(store) == ["hello", *(draft.content for draft in drafts)]


def test_what_a_broken_off_large_append_left_is_invisible_and_overwritten(
    store: Store, clock: Clock, dynamodb: Any
):
    lease = started(store)
    call, seen = dynamodb._make_api_call, []

    def dying(operation: str, parameters: Any) -> Any:
        seen.append(operation)
        if len(seen) == 2:
            raise MemoryError("the worker dies here")
        return call(operation, parameters)

    dynamodb._make_api_call = dying
    with pytest.raises(MemoryError):
        store.runs.append(lease, Progress(drafts=[spoken("old")] * 150))
    dynamodb._make_api_call = call

    assert log(store) == []
    clock.advance(6_001)
    lease = store.runs.claim(next_of(lease.session), "b")
    store.runs.finish(lease, completed(spoken("new")))
    assert log(store) == ["hello", "new"]


WRITES: dict[str, Callable[[Store, Lease], object]] = {
    "renew": lambda store, lease: store.runs.renew(lease),
    "flush": lambda store, lease: store.runs.flush(lease, "zombie"),
    "a long flush": lambda store, lease: store.runs.flush(lease, "zombie" * 20_000),
    "append": lambda store, lease: store.runs.append(lease, Progress(drafts=[spoken("zombie")])),
    "a large append": lambda store, lease: store.runs.append(
        lease, Progress(drafts=[spoken("zombie")] * 120)
    ),
    "finish": lambda store, lease: store.runs.finish(lease, completed(spoken("zombie"))),
    "release": lambda store, lease: store.runs.release(lease),
    "begin a call": lambda store, lease: store.journal.begin_call(lease, "1:c1", {}),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_a_zombie_is_refused_at_every_write(store: Store, clock: Clock, write: Callable[..., object]):
    zombie = store.runs.append(started(store), Progress(drafts=[spoken("before")]))
    clock.advance(6_001)
    lease = store.runs.claim(next_of(zombie.session), "b")
    lease = store.runs.append(lease, Progress(drafts=[spoken("after")]))

    with pytest.raises(LeaseLost):
        write(store, zombie)

    assert store.sessions.get(KEY) == lease.session
    assert log(store) == ["hello", "before", "after"]


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_nothing_is_written_for_a_deleted_session(store: Store, write: Callable[..., object]):
    lease = started(store)
    store.sessions.delete(KEY)
    with pytest.raises(LeaseLost):
        write(store, lease)
    told(store, "a new life")
    with pytest.raises(LeaseLost):
        write(store, lease)
    assert log(store) == []


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_a_worker_that_slept_too_long_does_not_revive_the_session(
    store: Store, clock: Clock, write: Callable[..., object]
):
    lease = started(store)
    clock.advance(31 * 86_400_000)
    with pytest.raises(LeaseLost):
        write(store, lease)
    assert store.sessions.get(KEY) is None


def test_a_repeated_append_is_applied_once(store: Store):
    """The worker repeats what was answered by a time-out, not knowing that it was done."""
    lease = started(store)
    progress = Progress(drafts=[spoken("once")], entries=[b"entry"])
    once = store.runs.append(lease, progress)
    assert store.runs.append(lease, progress) == once
    assert log(store) == ["hello", "once"]


def test_a_repeated_finish_is_applied_once(store: Store):
    lease = started(store)
    once = store.runs.finish(lease, completed(spoken("once")))
    assert store.runs.finish(lease, completed(spoken("once"))) == once
    assert log(store) == ["hello", "once"]


def test_a_write_returns_its_messages_as_the_log_numbers_them(store: Store):
    """The run's input comes first, and a message that was withdrawn during the run comes last."""
    lease = started(store)
    held = store.runs.append(lease, Progress(drafts=[spoken("one")]))
    queued = told(store, "withdrawn")
    store.inbox.withdraw(KEY, [queued.inbox[0].run_id])
    finished = store.runs.finish(held, completed(spoken("two")))
    assert [*held.logged, *finished.logged] == store.sessions.messages(finished.session)
    assert [message.content for message in held.logged] == ["hello", "one"]
    assert [message.content for message in finished.logged][:2] == ["two", "withdrawn"]
    assert not lease.logged


@pytest.mark.slow
def test_identical_messages_are_all_kept(store: Store, clock: Clock):
    for _ in range(3):
        store.runs.finish(started(store, "same"), completed(spoken("same")))
    assert log(store) == ["same"] * 6

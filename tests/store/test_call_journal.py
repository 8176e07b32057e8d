from __future__ import annotations

import random
from typing import Any

import pytest

from forge.dynamodb.codec import encode_item
from forge.models.llm_history_start import HISTORY_LEAST, HISTORY_STEP
from forge.models.run import Progress
from forge.models.work import CallRecord
from forge.store import Store, keys
from tests.clock import Clock
from tests.store.scenes import completed, counted, next_of, started

OK = CallRecord("ok", '{"hash":"0x1"}')


def test_a_call_is_begun_once_and_its_result_is_kept(store: Store, dynamodb: Any):
    lease = started(store)
    with counted(dynamodb) as calls:
        assert store.journal.begin_call(lease, "2:c1", {"tool": "send"}) == ("new", None)
        assert store.journal.finish_call(lease, "2:c1", OK) == OK
    assert calls == ["TransactWriteItems", "UpdateItem"]
    assert store.journal.begin_call(lease, "2:c1", {"tool": "send"}) == ("done", OK)
    assert store.journal.begin_call(lease, "2:c2", {"tool": "send"}) == ("new", None)


def test_the_next_attempt_sees_a_call_that_had_started(store: Store, clock: Clock):
    lease = started(store)
    store.journal.begin_call(lease, "2:c1", {})
    clock.advance(6_001)
    taken = store.runs.claim(next_of(lease.session), "b")
    assert store.journal.begin_call(taken, "2:c1", {}) == ("started", None)


def test_a_late_result_of_a_zombie_is_kept_and_the_first_one_wins(store: Store, clock: Clock):
    zombie = started(store)
    store.journal.begin_call(zombie, "2:c1", {})
    clock.advance(6_001)
    taken = store.runs.claim(next_of(zombie.session), "b")

    assert store.journal.finish_call(zombie, "2:c1", OK) == OK
    assert store.journal.finish_call(taken, "2:c1", CallRecord("failed", "unknown")) == OK
    assert store.journal.begin_call(taken, "2:c1", {}) == ("done", OK)


def test_a_result_that_comes_after_the_end_of_the_session_is_not_an_error(store: Store):
    lease = started(store)
    store.journal.begin_call(lease, "2:c1", {})
    store.sessions.delete(lease.key)
    assert store.journal.finish_call(lease, "2:c1", OK) == OK


READING = {"tool": "balance", "repeatable": "true"}


def test_a_call_that_only_reads_is_one_write(store: Store, dynamodb: Any):
    lease = started(store)
    with counted(dynamodb) as calls:
        assert store.journal.call_record(lease, "2:c1") is None
        assert store.journal.finish_call(lease, "2:c1", OK, READING) == OK
    assert calls == ["GetItem", "UpdateItem"]
    assert store.journal.call_record(lease, "2:c1") == OK
    assert store.journal.begin_call(lease, "2:c1", READING) == ("done", OK)  # as an older version asks


def test_of_a_call_that_only_reads_the_first_result_is_everybody_s(store: Store, clock: Clock):
    zombie = started(store)
    clock.advance(6_001)
    taken = store.runs.claim(next_of(zombie.session), "b")
    assert store.journal.finish_call(taken, "2:c1", OK, READING) == OK
    assert store.journal.finish_call(zombie, "2:c1", CallRecord("ok", "late"), READING) == OK
    assert store.journal.call_record(taken, "2:c1") == OK


def test_a_call_that_only_reads_ends_what_an_older_version_has_begun(store: Store):
    lease = started(store)
    assert store.journal.begin_call(lease, "2:c1", READING) == ("new", None)
    assert store.journal.call_record(lease, "2:c1") is None
    assert store.journal.finish_call(lease, "2:c1", OK, READING) == OK
    assert store.journal.call_record(lease, "2:c1") == OK


def test_a_result_that_was_read_goes_with_its_session(store: Store, dynamodb: Any, table: str, clock: Clock):
    lease = started(store)
    store.journal.finish_call(lease, "2:c1", OK, READING)
    store.sessions.delete(lease.key)
    store.journal.finish_call(lease, "2:c2", OK, READING)  # a worker that has not heard of it yet
    store.expiry.expire(lease.key, lease.session.generation)
    found = dynamodb.scan(TableName=table)["Items"]
    assert [item for item in found if item["sk"]["S"].startswith("call#")] == []


def test_an_over_long_call_id_is_kept_apart(store: Store):
    lease = started(store)
    assert store.journal.begin_call(lease, "x" * 5_000, {}) == ("new", None)
    assert store.journal.begin_call(lease, "x" * 5_001, {}) == ("new", None)
    assert store.journal.begin_call(lease, "x" * 5_000, {}) == ("started", None)


def test_arguments_too_large_for_an_item_do_not_stop_the_call(store: Store):
    lease = started(store)
    assert store.journal.begin_call(lease, "2:c1", {"args": "x" * 500_000}) == ("new", None)


@pytest.mark.slow
def test_a_large_result_is_kept(store: Store):
    noise = random.Random(1).randbytes(900_000).hex()
    record = CallRecord("ok", noise)
    lease = started(store)
    store.journal.begin_call(lease, "2:c1", {})
    assert store.journal.finish_call(lease, "2:c1", record) == record
    assert store.journal.begin_call(lease, "2:c1", {}) == ("done", record)
    assert store.journal.finish_call(lease, "2:c1", OK) == record


def test_the_llm_history_grows_by_entries_over_runs(store: Store):
    lease = started(store)
    assert store.journal.history(lease) == []
    lease = store.runs.append(lease, Progress(entries=[b"request", b"response"]))
    assert store.journal.history(lease) == [b"request", b"response"]
    store.runs.finish(lease, completed(entries=[b"last"]))
    assert store.journal.history(started(store)) == [b"request", b"response", b"last"]


@pytest.mark.slow
def test_a_large_entry_is_kept_in_chunks(store: Store):
    noise = random.Random(1).randbytes(700_000)
    lease = store.runs.append(started(store), Progress(entries=[b"small", noise, b"after"]))
    assert store.journal.history(lease) == [b"small", noise, b"after"]


def test_the_history_of_an_older_generation_is_never_read(store: Store, clock: Clock):
    store.runs.finish(started(store), completed(entries=[b"old"]))
    clock.advance(31 * 60_000)
    lease = store.runs.append(started(store), Progress(entries=[b"new"]))
    assert store.journal.history(lease) == [b"new"]


@pytest.mark.slow
def test_of_a_long_history_a_run_gets_the_newest_entries(store: Store):
    """At least so many as one run can add, and beginning at the same entry for many runs."""
    lease, whole = started(store), list[bytes]()
    while len(whole) < HISTORY_LEAST + 2 * HISTORY_STEP + 17:
        new = [b"%d" % (len(whole) + number) for number in range(90)]
        lease = store.runs.append(lease, Progress(entries=new))
        whole += new
        read = store.journal.history(lease)
        assert read == whole[len(whole) - len(read) :]
        assert min(len(whole), HISTORY_LEAST) <= len(read) < HISTORY_LEAST + HISTORY_STEP


def test_an_error_keeps_what_a_person_reads_beside_what_the_llm_is_told(store: Store):
    lease = started(store)
    for number, shown in enumerate((None, "", "no such account")):
        store.journal.begin_call(lease, f"2:c{number}", {"tool": "send"})
        record = CallRecord("refused", "no such account: pass `to`", shown)
        assert store.journal.finish_call(lease, f"2:c{number}", record) == record
        assert store.journal.begin_call(lease, f"2:c{number}", {"tool": "send"}) == ("done", record)


@pytest.mark.parametrize(
    "damage",
    [{"record_kind": {"S": "of a later version"}}, {"record_value": {"B": b"not zlib"}}],
    ids=["kind", "value"],
)
def test_of_a_call_whose_outcome_cannot_be_read_nobody_knows_what_it_did(
    store: Store, dynamodb: Any, table: str, damage: dict[str, Any]
):
    lease = started(store)
    store.journal.begin_call(lease, "2:c1", {"tool": "send"})
    store.journal.finish_call(lease, "2:c1", OK)
    place = keys.call(lease.key, lease.session.generation, lease.run_id, "2:c1")
    stored = dynamodb.get_item(TableName=table, Key=encode_item(place))["Item"]
    dynamodb.put_item(TableName=table, Item={**stored, **damage})
    status, record = store.journal.begin_call(lease, "2:c1", {"tool": "send"})
    assert (status, record and record.kind) == ("done", "unknown")

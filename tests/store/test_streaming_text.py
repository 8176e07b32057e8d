"""The end of the streaming text, which is an item next to the hot item."""

from __future__ import annotations

from typing import Any

import pytest

from forge.dynamodb.codec import encode_item
from forge.dynamodb.table import Table
from forge.errors import LeaseLost
from forge.models.run import Progress
from forge.store import Store, keys
from forge.store.stored.streaming_text import put_tail
from tests.clock import Clock
from tests.schema import TABLE_NAME
from tests.store.scenes import KEY, completed, next_of, spoken, started


@pytest.fixture
def plain_table(store: Store, dynamodb: Any) -> Table:
    return Table(dynamodb, TABLE_NAME)


def test_the_hot_item_does_not_grow_with_the_text(store: Store, plain_table: Table) -> None:
    lease = store.runs.flush(started(store), "a word " * 4_000)
    item = plain_table.get(keys.hot(KEY))
    assert item is not None
    assert item["streamed"] == ""
    assert store.sessions.streaming_text(lease.session) == "a word " * 4_000


def test_text_of_an_earlier_attempt_or_message_is_nobodys(store: Store, clock: Clock) -> None:
    first = store.runs.flush(started(store), "of the first attempt")
    clock.advance(10_000)
    second = store.runs.claim(next_of(first.session), "b")
    assert store.sessions.streaming_text(second.session) == ""
    second = store.runs.append(
        store.runs.flush(second, "the first message"), Progress(drafts=[spoken("one")])
    )
    assert store.sessions.streaming_text(second.session) == ""
    assert store.sessions.streaming_text(store.runs.flush(second, "the next").session) == "the next"


def test_a_worker_that_was_replaced_overwrites_no_text(
    store: Store, clock: Clock, plain_table: Table
) -> None:
    old = store.runs.flush(started(store), "old")
    clock.advance(10_000)
    new = store.runs.flush(store.runs.claim(next_of(old.session), "b"), "new")
    with pytest.raises(LeaseLost):
        store.runs.flush(old, "old and late")
    with pytest.raises(LeaseLost):  # one that froze between its two writes
        put_tail(plain_table, old, "old and late", clock())
    assert store.sessions.streaming_text(new.session) == "new"


def test_text_that_an_older_version_keeps_in_the_hot_item_is_read(store: Store, dynamodb: Any) -> None:
    started(store)
    dynamodb.update_item(
        TableName=TABLE_NAME,
        Key=encode_item(keys.hot(KEY)),
        UpdateExpression="SET streamed = :text",
        ExpressionAttributeValues={":text": {"S": "by another version"}},
    )
    session = store.sessions.get(KEY)
    assert session is not None
    assert store.sessions.streaming_text(session) == "by another version"


@pytest.mark.parametrize("body", [{"B": b"\xff\xfe"}, {"S": "text"}, {"NULL": True}])
def test_a_damaged_end_costs_only_itself(store: Store, dynamodb: Any, body: dict[str, Any]) -> None:
    lease = store.runs.flush(started(store), "text")
    dynamodb.update_item(
        TableName=TABLE_NAME,
        Key=encode_item(keys.text(KEY, lease.session.generation)),
        UpdateExpression="SET body = :body",
        ExpressionAttributeValues={":body": body},
    )
    assert store.sessions.streaming_text(lease.session) == ""
    assert store.runs.finish(lease, completed(spoken("whole"))).session.active is None


def test_it_goes_with_its_session(store: Store, plain_table: Table) -> None:
    lease = store.runs.flush(started(store), "text")
    store.runs.finish(lease, completed(spoken("text")))
    store.sessions.delete(KEY)
    assert plain_table.get(keys.text(KEY, lease.session.generation)) is None

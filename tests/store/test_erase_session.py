"""The deletion of one session, which returns the same receipt to a repeated request, and continues after an
interruption.
"""

from __future__ import annotations

from typing import Any

import pytest

from forge.errors import NotFound, StorageUnavailable
from forge.models.account import Deleted, Erasure
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.store import Store, keys
from tests.clock import Clock
from tests.store.scenes import KEY, counted, told
from tests.store.test_accounts import conversed, cutting, rows

HOUR = 3_600_000
WHOLE = Deleted(sessions=1, messages=3, memory_entries=2, wallet_requests=1)


def delete(store: Store, key: SessionKey = KEY, name: str | None = None) -> Erasure:
    """As the function does it."""
    erasure = store.sessions.delete(key, name).erasure
    if erasure.finished_at is None:
        erasure = store.accounts.end_erasure(key.owner, erasure.name, is_finished=True)
    return erasure


@pytest.mark.slow
@pytest.mark.parametrize("name", [None, "once"])
def test_a_deletion_is_told_again_for_a_day(store: Store, clock: Clock, name: str | None):
    conversed(store, KEY)
    first = delete(store, name=name)
    assert first.deleted == WHOLE
    clock.advance(23 * HOUR)
    assert delete(store, name=name) == first
    clock.advance(2 * HOUR)
    with pytest.raises(NotFound):
        delete(store, name=name)


def test_the_next_life_of_a_session_has_a_receipt_of_its_own(store: Store):
    conversed(store, KEY)
    delete(store)
    told(store)
    assert [delete(store).deleted.messages for _ in range(2)] == [1, 1]


def test_under_its_name_a_deletion_ends_no_later_life(store: Store):
    conversed(store, KEY)
    first = delete(store, name="once")
    told(store)
    assert delete(store, name="once") == first
    assert store.sessions.get(KEY)


def test_nobody_else_is_told_and_foreign_costs_what_unknown_costs(store: Store, dynamodb: Any):
    mine = SessionKey("ann", "s")
    conversed(store, mine)
    delete(store, mine)
    done: list[list[str]] = []
    for other in (SessionKey("bob", "s"), SessionKey(ANONYMOUS, "s"), SessionKey("ann", "unknown")):
        with counted(dynamodb) as calls, pytest.raises(NotFound):
            delete(store, other)
        done.append(list(calls))
    assert done == [["GetItem", "GetItem"]] * 3


@pytest.mark.parametrize("missing", ["generation", "rev", "inbox, approvals", "expires_at", "fence"])
def test_a_damaged_session_is_deleted_and_told_again(store: Store, dynamodb: Any, table: str, missing: str):
    told(store)
    where = {name: {"S": value} for name, value in keys.hot(KEY).items()}
    dynamodb.update_item(TableName=table, Key=where, UpdateExpression=f"REMOVE {missing}")
    first = delete(store)
    assert first.deleted.sessions == 1
    assert delete(store) == first
    assert store.sessions.get(KEY) is None
    assert told(store).inbox


@pytest.mark.slow
@pytest.mark.parametrize("event", ["before-call.dynamodb", "after-call.dynamodb"])
@pytest.mark.parametrize("name", [None, "once"])
def test_a_deletion_that_is_cut_off_anywhere_counts_once_and_leaves_nothing(
    store: Store, dynamodb: Any, table: str, name: str | None, event: str
):
    """Each call to the table fails once: before it is carried out, or when it has been and nobody is told."""
    number, was_cut = 0, True
    while was_cut:
        key, left = SessionKey(f"ann{number}", "s"), [number]
        conversed(store, key)
        cut = cutting(left)
        dynamodb.meta.events.register(event, cut)
        try:
            delete(store, key, name)
        except StorageUnavailable:
            was_cut = True
        else:
            was_cut = False
        finally:
            dynamodb.meta.events.unregister(event, cut)
        erasure = delete(store, key, name)
        assert erasure.deleted == WHOLE
        assert erasure.finished_at
        assert rows(dynamodb, table, key.owner) == ["control", "session"]
        number += 1
    assert number > 5

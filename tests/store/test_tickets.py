from __future__ import annotations

from typing import Any

from forge.store import Store
from tests.clock import Clock


def test_a_ticket_is_used_once(store: Store, clock: Clock):
    store.tickets.issue("t1", "ann", clock.now + 30_000)
    assert store.tickets.redeem("t1", clock.now) == "ann"
    assert store.tickets.redeem("t1", clock.now) is None


def test_a_ticket_does_not_outlive_its_time(store: Store, clock: Clock):
    store.tickets.issue("t1", "ann", clock.now + 30_000)
    assert store.tickets.redeem("t1", clock.now + 30_000) is None


def test_an_unknown_ticket_lets_nobody_in(store: Store, clock: Clock):
    assert store.tickets.redeem("guessed", clock.now) is None


def test_the_table_does_not_hold_the_ticket_itself(store: Store, clock: Clock, dynamodb: Any, table: str):
    store.tickets.issue("very-secret", "ann", clock.now + 30_000)
    assert "very-secret" not in str(dynamodb.scan(TableName=table))

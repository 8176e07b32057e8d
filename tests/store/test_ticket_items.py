from __future__ import annotations

from typing import Any

from forge.models.caller import Grant
from forge.models.session_key import SessionKey
from forge.store import Store
from tests.clock import Clock

GRANT = Grant(SessionKey("ann#/ü", "s"), "https://page.test", 1_900_000_000_000)


def test_a_ticket_is_used_once(store: Store, clock: Clock):
    store.tickets.issue("t1", GRANT, clock.now + 30_000)
    assert store.tickets.redeem("t1", clock.now) == GRANT
    assert store.tickets.redeem("t1", clock.now) is None


def test_a_ticket_of_a_token_without_an_end_has_none(store: Store, clock: Clock):
    grant = Grant(SessionKey("ann", "s"))
    store.tickets.issue("t1", grant, clock.now + 30_000)
    assert store.tickets.redeem("t1", clock.now) == grant


def test_a_ticket_does_not_outlive_its_time(store: Store, clock: Clock):
    store.tickets.issue("t1", GRANT, clock.now + 30_000)
    assert store.tickets.redeem("t1", clock.now + 30_000) is None


def test_an_unknown_ticket_lets_nobody_in(store: Store, clock: Clock):
    assert store.tickets.redeem("guessed", clock.now) is None


def test_the_table_does_not_hold_the_ticket_itself(store: Store, clock: Clock, dynamodb: Any, table: str):
    store.tickets.issue("very-secret", GRANT, clock.now + 30_000)
    assert "very-secret" not in str(dynamodb.scan(TableName=table))

"""A request that takes long, with the time that was read before it, decides nothing about a lease that began since."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from forge.dynamodb.table import Table
from forge.errors import LeaseHeld
from forge.models.timing import CLOCK_SKEW_MS, LEASE_MS, TAKEOVER_GRACE_MS
from forge.store import Store
from tests.clock import Clock
from tests.store.scenes import KEY, about, started

LONG_MS = LEASE_MS + CLOCK_SKEW_MS + 1_000


def before_the_first(monkeypatch: pytest.MonkeyPatch, request: str, happens: Callable[[], object]) -> None:
    """Let `happens` happen while the next request of the kind is on its way."""
    usual, waiting = getattr(Table, request), [happens]

    def slow(table: Table, *args: Any, **values: Any) -> Any:
        if waiting:
            waiting.pop()()
        return usual(table, *args, **values)

    monkeypatch.setattr(Table, request, slow)


def renewed_late(store: Store, clock: Clock) -> Callable[[], object]:
    lease = started(store)

    def happens() -> None:
        clock.advance(LONG_MS)
        store.runs.renew(lease)

    return happens


def test_a_slow_claim_does_not_take_a_living_workers_run(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    happens = renewed_late(store, clock)
    session = store.sessions.get(KEY)
    assert session is not None
    assert session.active is not None
    before_the_first(monkeypatch, "update", happens)
    with pytest.raises(LeaseHeld):
        store.runs.claim(about(session, session.active.run_id), "b")


def test_a_lease_that_is_renewed_while_it_is_judged_refuses_the_claim(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    lease = started(store)
    clock.advance(LONG_MS)
    seen: list[int] = []

    def judged(until: int, now: int) -> bool:
        if not seen:
            store.runs.renew(lease)
        seen.append(until)
        return now <= until

    monkeypatch.setattr("forge.store.running.claim.is_held", judged)
    with pytest.raises(LeaseHeld):
        store.runs.claim(about(lease.session, lease.run_id), "b")
    assert len(seen) == 2


def test_a_slow_stop_does_not_end_a_living_workers_run(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    happens = renewed_late(store, clock)
    session = store.sessions.get(KEY)
    assert session is not None
    assert session.active is not None
    before_the_first(monkeypatch, "get", happens)
    after = store.recovery.interrupt_abandoned(KEY, session.active.run_id)
    assert after is not None
    assert after.active is not None
    assert after.active.fence == session.active.fence


def test_a_slow_search_does_not_find_a_living_workers_run(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    happens = renewed_late(store, clock)
    clock.advance(LEASE_MS + TAKEOVER_GRACE_MS + 1)
    before_the_first(monkeypatch, "read_many", happens)
    assert store.recovery.stranded() == []

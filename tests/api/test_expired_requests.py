"""An expired wallet request is no longer shown, even before a run has recorded its end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from forge.api import dependencies
from forge.api.state_stream import Follower
from forge.models.session import Session
from forge.settings import Settings
from forge.store import Store, open_store
from tests.clock import Clock
from tests.store.scenes import KEY, approval, completed, started, submission

WAITING = "a" * 32


@pytest.fixture
def store(settings: Settings, dynamodb: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A session that waits for its user's wallet."""
    store = open_store(settings, clock, dynamodb)
    monkeypatch.setattr(dependencies, "store", lambda: store)
    lease = started(store)
    store.runs.finish(lease, completed(approvals=[approval(WAITING, lease.run_id)]))
    return store


def shown(session: Session | None) -> list[str]:
    assert session is not None
    return [each.approval_id for each in session.approvals]


def test_no_answer_of_the_store_shows_it_but_the_next_run_hears_of_it(store: Store, clock: Clock) -> None:
    assert shown(store.sessions.get(KEY)) == [WAITING]
    clock.advance(600_000)
    answers = (
        store.sessions.get(KEY),
        store.sessions.touch(KEY),
        store.sessions.rename(KEY, "title"),
        store.sessions.set_network(KEY, "base"),
        *store.sessions.list([KEY]),
    )
    assert [shown(answer) for answer in answers] == [[]] * 5
    again = submission("again")
    assert [shown(store.inbox.accept(KEY, again)) for _ in range(2)] == [[]] * 2
    assert shown(started(store).session) == [WAITING]


def test_a_client_that_follows_by_sse_is_told_at_once(store: Store, clock: Clock) -> None:
    follower = Follower(KEY, None)
    first = follower.next_event()
    assert first
    assert pending(first) is not None
    assert follower.next_event() is None
    clock.advance(600_000 - 1)
    while (event := follower.next_event()) is not None:
        assert pending(event) is not None
    clock.advance(1)
    later = follower.next_event()
    assert later
    assert pending(later) is None
    assert follower.next_event() is None


def pending(event: bytes) -> str | None:
    return json.loads(event.decode().split("\n")[1].removeprefix("data: "))["pending_wallet_tx"]

"""What a feed tells its senders after a write of somebody."""

from __future__ import annotations

from typing import Any

import pytest

from forge.models import public
from forge.models.run import ActiveRun, Submission
from forge.models.session import Catalog, Session
from forge.models.session_key import SessionKey
from worker.push.feed import Feed

ASKED = Submission(run_id="a" * 32, sender="user", content="hello", created_at=1)
QUEUED = Submission(run_id="b" * 32, sender="user", content="and?", created_at=2)
RUN = ActiveRun(submission=ASKED, attempt=1, fence=1, worker="w", lease_until=10, started_at=1)
SESSION = Session(
    key=SessionKey("a", "s"),
    generation=1,
    rev=1,
    network="testnet",
    active=RUN,
    created_at=0,
    last_activity_at=0,
    expires_at=1,
)
CATALOG = Catalog()
CHANGES: dict[str, dict[str, Any]] = {
    "a queued message": {"inbox": [QUEUED]},
    "another network": {"network": "mainnet"},
    "a title": {"title": "Hello"},
    "an outcome": {"recent": {"c" * 32: "completed"}},
    "a logged message": {"logged": 2},
    "another attempt": {"active": RUN.model_copy(update={"attempt": 2})},
    "a logged input": {"active": RUN.model_copy(update={"input_logged": True})},
    "no run": {"active": None},
}


def told(feed: Feed, session: Session) -> bool:
    heard: list[bool] = []
    stop = feed.listen(heard.append)
    feed.refresh(session)
    stop()
    return heard == [True]


def feed_of(session: Session) -> Feed:
    feed = Feed(lambda: CATALOG)
    feed.show(session, [])
    return feed


def test_a_renewed_lease_is_told_to_nobody_and_the_next_state_has_its_number():
    feed = feed_of(SESSION)
    renewed = SESSION.model_copy(update={"rev": 2, "active": RUN.model_copy(update={"lease_until": 20})})
    assert not told(feed, renewed)
    assert feed.hot == public.hot(renewed, CATALOG)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_clients_see_is_told_also_if_it_came_with_a_renewal(change: dict[str, Any]):
    feed = feed_of(SESSION)
    changed = SESSION.model_copy(update={"rev": 3, **change})
    assert told(feed, changed)
    assert feed.hot == public.hot(changed, CATALOG)


def test_another_catalog_is_told_with_the_next_renewal():
    catalogs = [Catalog()]
    feed = Feed(lambda: catalogs[-1])
    feed.show(SESSION, [])
    catalogs.append(Catalog(notices=["A server is missing."]))
    assert told(feed, SESSION.model_copy(update={"rev": 2}))

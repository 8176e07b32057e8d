"""Tokens of a signed-in owner and day, counted in the transaction that stores what they were used for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from forge.errors import LeaseLost
from forge.models.run import Progress
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.models.work import Lease
from forge.settings import Settings
from forge.store import Store, open_store
from tests.clock import Clock
from tests.store.scenes import completed, counted, next_of, spoken, told

DAY_MS = 86_400_000
LIMIT = 1_000
ALICE, BOB = SessionKey("alice", "s1"), SessionKey("bob", "s1")


@pytest.fixture
def limited(settings: Settings, clock: Clock, dynamodb: Any) -> Store:
    return open_store(settings.model_copy(update={"owner_tokens_per_day": LIMIT}), clock, dynamodb)


def run_of(store: Store, key: SessionKey, content: str = "hello") -> Lease:
    return store.runs.claim(next_of(told(store, content, key)), "a")


def test_what_a_run_stores_is_counted_once_for_its_owner_over_all_sessions(limited: Store) -> None:
    lease = limited.runs.append(run_of(limited, ALICE), Progress(drafts=[spoken()], tokens=300))
    assert limited.runs.tokens_left(lease) == 700
    limited.runs.finish(lease, completed(spoken(), tokens=100))
    other = run_of(limited, ALICE._replace(session_id="s2"))
    limited.runs.finish(other, completed(tokens=5_000))
    assert limited.runs.tokens_left(other) == 0
    assert limited.runs.tokens_left(run_of(limited, BOB)) == LIMIT


def test_a_write_that_is_repeated_or_refused_counts_nothing_more(limited: Store) -> None:
    lease, progress = run_of(limited, ALICE), Progress(drafts=[spoken()], tokens=300)
    limited.runs.append(lease, progress)
    later = limited.runs.append(lease, progress)
    assert limited.runs.tokens_left(later) == 700
    limited.sessions.delete(ALICE)
    with pytest.raises(LeaseLost):
        limited.runs.finish(later, completed(tokens=300))
    assert limited.runs.tokens_left(later) == 700


@pytest.mark.slow
def test_runs_of_one_owner_that_end_at_the_same_time_are_all_counted(limited: Store) -> None:
    leases = [run_of(limited, ALICE._replace(session_id=f"s{number}")) for number in range(6)]
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda lease: limited.runs.finish(lease, completed(spoken(), tokens=50)), leases))
    assert limited.runs.tokens_left(leases[0]) == LIMIT - 6 * 50


def test_the_day_is_utcs(limited: Store, clock: Clock) -> None:
    lease = run_of(limited, ALICE)
    limited.runs.finish(lease, completed(tokens=600))
    clock.now += DAY_MS - clock.now % DAY_MS - 1
    assert limited.runs.tokens_left(lease) == 400
    clock.now += 1
    assert limited.runs.tokens_left(lease) == LIMIT


def test_without_a_limit_or_an_owner_nothing_is_counted_or_asked(
    store: Store, limited: Store, dynamodb: Any
) -> None:
    for where, key in ((store, ALICE), (limited, SessionKey(ANONYMOUS, "s1"))):
        lease = run_of(where, key)
        with counted(dynamodb) as calls:
            assert where.runs.tokens_left(lease) is None
            where.runs.finish(lease, completed(tokens=5_000))
        assert calls == ["PutItem", "UpdateItem"]
    assert limited.runs.tokens_left(run_of(limited, ALICE)) == LIMIT

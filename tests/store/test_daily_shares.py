"""One caller uses a share of the deployment's day at most: what is left stays for everybody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from forge.errors import DayUsedUp, RateLimited
from forge.models.ids import new_run_id
from forge.models.message import Draft
from forge.models.request_prices import ROUTES, Price
from forge.models.run import Progress, Submission
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.models.spending_caps import SendingCaps
from forge.settings import Settings
from forge.store import Store, open_store
from forge.store.limits.daily_counter import DAY_MS
from tests.clock import Clock
from tests.store.scenes import about, counted
from tests.store.test_admission import at_once

LIMIT, PERCENT = 100, 20
SHARE = LIMIT * PERCENT // 100
DAILY_LIMITS = ("requests", "streams", "sessions", "tokens", "sends")


def store_with(table: str, clock: Clock, dynamodb: Any, percent: int = PERCENT) -> Store:
    limits = {f"deployment_{name}_per_day": LIMIT for name in DAILY_LIMITS}
    rates = {
        "rate_limit_burst": 10_000,
        "caller_units_per_minute": 10**7,
        "owner_rate_limit_per_minute": 10**6,
    }
    settings = {"forge_table": table, "caller_day_percent": percent, **limits, **rates}
    return open_store(Settings.model_validate(settings), clock, dynamodb)


@pytest.fixture
def store(table: str, clock: Clock, dynamodb: Any) -> Store:
    return store_with(table, clock, dynamodb)


def request(store: Store, _clock: Clock, caller: str) -> None:
    store.admission.admit(caller, Price(0, 0))


def stream(store: Store, _clock: Clock, caller: str) -> None:
    store.admission.admit(caller, Price(0, 0, ("streams",)))


def session(store: Store, clock: Clock, caller: str) -> None:
    message = Submission(run_id=new_run_id(), content="hi", created_at=clock(), payer=caller)
    store.inbox.accept(SessionKey(ANONYMOUS, new_run_id()), message)


def network(store: Store, _clock: Clock, caller: str) -> None:
    store.sessions.set_network(SessionKey(ANONYMOUS, new_run_id()), "base", caller)


def wallet(store: Store, _clock: Clock, caller: str) -> None:
    store.sessions.set_wallet(SessionKey(ANONYMOUS, new_run_id()), None, caller)


def sending(store: Store, _clock: Clock, caller: str) -> None:
    store.spendings.begin(0, SendingCaps(), caller)


ACTS: dict[str, Callable[[Store, Clock, str], None]] = {
    "a request": request,
    "a stream": stream,
    "a session": session,
    "a session that begins with its network": network,
    "a session that begins with a wallet": wallet,
    "a transaction": sending,
}


@pytest.mark.slow
@pytest.mark.parametrize("act", ACTS)
def test_200_at_once_of_one_caller_use_their_share_and_others_theirs(
    store: Store, clock: Clock, act: str
) -> None:
    assert at_once(lambda _: ACTS[act](store, clock, "greedy"), DayUsedUp) == SHARE
    ACTS[act](store, clock, "another")
    with pytest.raises(RateLimited) as refused:
        ACTS[act](store, clock, "greedy")
    assert "your share" in refused.value.detail
    assert refused.value.retry_after == (DAY_MS - clock() % DAY_MS) / 1_000
    clock.advance(DAY_MS)
    ACTS[act](store, clock, "greedy")


@pytest.mark.slow
def test_the_shares_of_all_callers_are_within_the_deployments_day(store: Store, clock: Clock) -> None:
    let_in = at_once(lambda number: request(store, clock, f"caller {number % 10}"), DayUsedUp)
    assert let_in == LIMIT


@pytest.mark.slow
def test_processes_that_share_a_caller_are_a_block_each_over(table: str, clock: Clock, dynamodb: Any) -> None:
    stores = [store_with(table, clock, dynamodb) for _ in range(4)]
    let_in = at_once(lambda number: request(stores[number % 4], clock, "greedy"), DayUsedUp)
    assert let_in == SHARE  # a block of so small a share is one request


@pytest.mark.parametrize(("owner", "is_refused"), [(ANONYMOUS, True), ("ann", False)])
def test_tokens_of_strangers_have_a_share_and_those_of_owners_their_own_limit(
    store: Store, clock: Clock, owner: str, is_refused: bool
) -> None:
    def lease(caller: str) -> Any:
        key = SessionKey(owner, new_run_id())
        message = Submission(run_id=new_run_id(), content="hi", created_at=clock(), payer=caller)
        begun = store.inbox.accept(key, message)
        return store.runs.claim(about(begun, message.run_id), "w")

    first = lease("greedy")
    store.runs.tokens_left(first)
    said = Draft(sender="agent", content="x", created_at=clock(), run_id=first.run.run_id)
    store.runs.append(first, Progress(drafts=[said], tokens=SHARE))
    if is_refused:
        with pytest.raises(DayUsedUp):
            store.runs.tokens_left(lease("greedy"))
    else:
        store.runs.tokens_left(lease("greedy"))
    store.runs.tokens_left(lease("another"))


@pytest.mark.slow
def test_a_transaction_that_was_not_sent_uses_nothing_of_a_share(store: Store, clock: Clock) -> None:
    for _ in range(3 * SHARE):
        store.spendings.cancel(store.spendings.begin(0, SendingCaps(), "p"))
    sending(store, clock, "p")


@pytest.mark.slow
def test_where_a_caller_may_use_all_or_has_no_name_nothing_is_counted_for_them(
    table: str, clock: Clock, dynamodb: Any
) -> None:
    whole = store_with(table, clock, dynamodb, percent=100)
    assert at_once(lambda _: request(whole, clock, "one"), DayUsedUp) == LIMIT
    clock.advance(DAY_MS)
    nameless = store_with(table, clock, dynamodb)
    assert at_once(lambda _: nameless.admission.admit(None, Price(0, 0)), DayUsedUp) == LIMIT


def test_a_share_that_is_far_away_costs_no_write_of_its_own(table: str, clock: Clock, dynamodb: Any) -> None:
    settings = Settings(forge_table=table, deployment_requests_per_day=1_000_000)
    store = open_store(settings, clock, dynamodb)
    request(store, clock, "p")
    with counted(dynamodb) as calls:
        for _ in range(400):
            request(store, clock, "p")
    assert calls == []


def test_a_run_can_be_stopped_when_the_day_is_used_up(store: Store, clock: Clock) -> None:
    for _ in range(SHARE):
        request(store, clock, "a")
    with pytest.raises(DayUsedUp):
        request(store, clock, "a")
    store.admission.admit("a", ROUTES["POST /api/interrupt"])

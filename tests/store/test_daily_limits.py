"""The deployment's daily limits: under concurrency they are exceeded by at most 5 %, and they begin anew at
midnight (UTC).
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.dynamodb.conditions import ConditionFailed
from forge.dynamodb.table import Table
from forge.errors import DayUsedUp, KeyReused, StorageUnavailable
from forge.models.ids import new_run_id
from forge.models.request_prices import Daily, Price
from forge.models.run import Ending, RunMessage, Submission
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.models.spending_caps import SendingCaps
from forge.settings import Settings
from forge.store import Store, open_store
from forge.store.config import StoreConfig
from forge.store.limits.daily_counter import DAY_MS
from forge.store.limits.daily_limits import DailyLimits
from tests.clock import Clock
from tests.patience import PATIENCE_SECONDS
from tests.store.scenes import counted
from tests.store.test_admission import at_once
from tests.unlisted import tried

PROCESSES = 20


def store_with(table: str, clock: Clock, dynamodb: Any, **values: int) -> Store:
    return open_store(Settings.model_validate({"forge_table": table, **values}), clock, dynamodb)


def say(store: Store, clock: Clock, name: str) -> None:
    message = Submission(run_id=new_run_id(), content="hi", created_at=clock())
    store.inbox.accept(SessionKey(ANONYMOUS, name), message)


@pytest.mark.parametrize("limit", [1, 7, 150])
def test_requests_of_200_clients_are_counted(table: str, clock: Clock, dynamodb: Any, limit: int) -> None:
    store = store_with(table, clock, dynamodb, deployment_requests_per_day=limit)
    assert at_once(lambda _: store.admission.admit(None, Price(0, 0)), DayUsedUp) == limit


@pytest.mark.slow
def test_twenty_processes_are_at_most_5_percent_over(table: str, clock: Clock, dynamodb: Any) -> None:
    stores = [store_with(table, clock, dynamodb, deployment_streams_per_day=1_200) for _ in range(PROCESSES)]
    price, let_in = Price(0, 0, ("streams",)), 0
    for number in range(1_800):
        try:
            stores[number % PROCESSES].admission.admit(None, price)
        except DayUsedUp:
            continue
        let_in += 1
    assert 1_140 <= let_in <= 1_260


class _Counter:
    """The table's item: what is added is there at once."""

    def __init__(self) -> None:
        self.used = 0

    def update(self, _key: Any, change: Any) -> Any:
        values = change.update()["ExpressionAttributeValues"]
        if ":room" in values and self.used > int(values[":room"]["N"]):
            raise ConditionFailed({"used": self.used})
        self.used += int(values[":used"]["N"])
        return {"used": self.used}


def _limits(table: Any, clock: Clock, limit: int) -> DailyLimits:
    config = StoreConfig.of(Settings(forge_table="t", deployment_tokens_per_day=limit))
    return DailyLimits(table, config, clock)


@given(
    st.integers(1, 4),
    st.integers(1, 900),
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9)), max_size=60),
)
def test_what_processes_owe_together_is_less_than_a_block_each(
    processes: int, limit: int, spent: list[tuple[int, int]]
) -> None:
    tried("spending of a day", (processes, limit, spent))
    block = max(1, limit // 400)
    table, clock = _Counter(), Clock()
    limits = [_limits(table, clock, limit) for _ in range(processes)]
    let_in = 0
    for who, units in spent:
        try:
            limits[who % processes].spend("tokens", units)
        except DayUsedUp:
            continue
        let_in += units
    assert let_in <= limit + processes * (block - 1)


def test_whoever_is_refused_reads_why_and_comes_back_tomorrow(
    table: str, clock: Clock, dynamodb: Any
) -> None:
    store = store_with(table, clock, dynamodb, deployment_sessions_per_day=2)
    for name in ("a", "b"):
        say(store, clock, name)
    with pytest.raises(DayUsedUp) as refused:
        say(store, clock, "c")
    assert "sessions" in refused.value.detail
    assert 0 < refused.value.retry_after <= DAY_MS / 1_000
    with pytest.raises(DayUsedUp):
        store.sessions.set_network(SessionKey(ANONYMOUS, "d"), "testnet")
    say(store, clock, "a")  # a session that is there goes on
    another = store_with(table, clock, dynamodb, deployment_sessions_per_day=2)
    with pytest.raises(DayUsedUp):
        say(another, clock, "e")  # a process that has just begun
    clock.advance(round(refused.value.retry_after * 1_000))
    say(store, clock, "f")


BEGINNINGS: dict[str, Callable[[Store, Clock], object]] = {
    "a message": lambda store, clock: say(store, clock, "same"),
    "a network": lambda store, _: store.sessions.set_network(SessionKey(ANONYMOUS, "same"), "base"),
}


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_requests_that_begin_one_session_together_are_charged_for_one(
    table: str, clock: Clock, dynamodb: Any, beginning: str
) -> None:
    store, together = store_with(table, clock, dynamodb, deployment_sessions_per_day=5), Barrier(3)
    put = Table.put

    def put_together(*arguments: Any) -> None:
        """All of them have found no session when the first one is written."""
        together.wait(PATIENCE_SECONDS)
        put(*arguments)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Table, "put", put_together)
        assert at_once(lambda _: BEGINNINGS[beginning](store, clock), DayUsedUp, 3) == 3
    for name in ("b", "c", "d", "e"):
        say(store, clock, name)
    with pytest.raises(DayUsedUp):
        say(store, clock, "f")


def test_a_session_that_could_not_be_begun_is_not_charged_and_one_that_may_have_been_is() -> None:
    limits, caller = _limits(_Counter(), Clock(), 3), ""

    def fails(error: Exception) -> None:
        raise error

    for error in (ConditionFailed(None), KeyReused()):
        with pytest.raises(type(error)):
            limits.spend_on("tokens", lambda error=error: fails(error), caller=caller)
    with pytest.raises(StorageUnavailable):
        limits.spend_on("tokens", lambda: fails(StorageUnavailable(retry_after=1)), caller=caller)
    limits.spend("tokens", 2)
    with pytest.raises(DayUsedUp):
        limits.spend("tokens")


def test_tokens_of_all_sessions_are_counted_with_what_used_them(
    table: str, clock: Clock, dynamodb: Any
) -> None:
    store = store_with(table, clock, dynamodb, deployment_tokens_per_day=1_000)
    key, run_id = SessionKey(ANONYMOUS, "a"), new_run_id()
    session = store.inbox.accept(key, Submission(run_id=run_id, content="hi", created_at=clock()))
    message = RunMessage(owner=ANONYMOUS, session_id="a", generation=session.generation, run_id=run_id)
    lease = store.runs.claim(message, "w")
    assert store.runs.tokens_left(lease) is None
    store.runs.finish(lease, Ending(outcome="completed", tokens=1_200))
    with pytest.raises(DayUsedUp, match="tokens"):
        store.runs.tokens_left(lease)
    clock.advance(DAY_MS)
    assert store.runs.tokens_left(lease) is None


def test_transactions_of_the_agent_are_counted(table: str, clock: Clock, dynamodb: Any) -> None:
    store = store_with(table, clock, dynamodb, deployment_sends_per_day=5)
    assert at_once(lambda _: store.spendings.begin(0, SendingCaps()), DayUsedUp, 40) == 5


def test_a_transaction_that_was_not_sent_is_none(table: str, clock: Clock, dynamodb: Any) -> None:
    store = store_with(table, clock, dynamodb, deployment_sends_per_day=1)
    for _ in range(3):
        store.spendings.cancel(store.spendings.begin(0, SendingCaps()))
    store.spendings.begin(0, SendingCaps())
    with pytest.raises(DayUsedUp):
        store.spendings.begin(0, SendingCaps())


def test_without_a_roof_nothing_is_written(table: str, clock: Clock, dynamodb: Any) -> None:
    store = store_with(table, clock, dynamodb)
    say(store, clock, "a")
    with counted(dynamodb) as calls:
        store.admission.admit(None, Price(0, 0))
        say(store, clock, "b")
    assert calls == ["UpdateItem", "PutItem"]


@pytest.mark.slow
def test_a_roof_far_away_costs_a_write_a_minute(table: str, clock: Clock, dynamodb: Any) -> None:
    names: list[Daily] = ["requests", "sessions"]
    limits = {f"deployment_{name}_per_day": 1_000_000 for name in names}
    store = store_with(table, clock, dynamodb, **limits)
    store.admission.admit(None, Price(0, 0))
    say(store, clock, "a")
    with counted(dynamodb) as calls:
        for number in range(50):
            store.admission.admit(None, Price(0, 0))
            say(store, clock, f"s{number}")
    assert len(calls) == 100

"""The wei that the agent moves: no cap is exceeded under concurrency, and an unsent amount is returned to its own
day.
"""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from forge.dynamodb.conditions import ConditionFailed
from forge.errors import DayUsedUp, LeaseLost, SpendingCapReached
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.models.spending_caps import SendingCaps, Spending
from forge.models.work import Lease
from forge.settings import Settings
from forge.store import Store, open_store
from forge.store.limits.daily_counter import DAY_MS, DailyCounter
from tests.clock import Clock
from tests.store.scenes import completed, counted, next_of, submission, told
from tests.store.test_admission import at_once
from tests.unlisted import tried

ALICE, BOB, NOBODY = (SessionKey(owner, "s1") for owner in ("alice", "bob", ANONYMOUS))
ETHER = 10**18
TASKS = 24


def run_of(store: Store, key: SessionKey, payer: str = "") -> Lease:
    return store.runs.claim(next_of(store.inbox.accept(key, submission(payer=payer))), "a")


def mark() -> str:
    return uuid.uuid4().hex


def spend(store: Store, lease: Lease, wei: int, caps: SendingCaps) -> Spending:
    """As the worker does it (`worker.runs.leased_record`)."""
    spending = store.spendings.begin(wei, caps)
    try:
        store.spendings.charge(lease, spending, mark())
    except SpendingCapReached:
        store.spendings.cancel(spending)
        raise
    return spending


def give_back(store: Store, lease: Lease, spending: Spending) -> None:
    store.spendings.cancel(spending)
    store.spendings.give_back(lease, spending, mark())


def refusal(store: Store, lease: Lease, wei: int, caps: SendingCaps) -> str | None:
    try:
        spend(store, lease, wei, caps)
    except SpendingCapReached as reached:
        return reached.scope
    return None


def spent(store: Store, key: SessionKey) -> int:
    session = store.sessions.get(key)
    assert session is not None
    return session.spent


@pytest.mark.parametrize("limit", [0, 1, 7])
def test_a_sessions_tasks_together_move_no_more_than_its_cap(store: Store, limit: int) -> None:
    lease, caps = run_of(store, NOBODY), SendingCaps(session=limit * ETHER)
    moved = at_once(lambda _: spend(store, lease, ETHER, caps), SpendingCapReached, TASKS)
    assert moved == limit
    assert spent(store, NOBODY) == limit * ETHER


@pytest.mark.slow
@pytest.mark.parametrize("payer", [None, "an-address-prefix"])
def test_an_owners_sessions_together_move_no_more_than_the_owners_cap(
    store: Store, payer: str | None
) -> None:
    """Without a login an address prefix has its sum, so that new conversations move nothing more."""
    owner = ANONYMOUS if payer else "alice"
    leases = [run_of(store, SessionKey(owner, f"s{number}"), payer or "") for number in range(TASKS)]
    caps = SendingCaps(session=3 * ETHER, owner=5 * ETHER)
    assert at_once(lambda n: spend(store, leases[n], ETHER, caps), SpendingCapReached, TASKS) == 5
    assert sum(spent(store, lease.key) for lease in leases) == 5 * ETHER
    assert refusal(store, leases[0], 1, caps) == "owner"
    assert refusal(store, run_of(store, BOB), ETHER, caps) is None


def test_this_computers_own_user_has_no_sum_over_sessions(store: Store) -> None:
    caps = SendingCaps(owner=ETHER)
    for number in range(3):
        assert refusal(store, run_of(store, SessionKey(ANONYMOUS, f"s{number}")), ETHER, caps) is None


def test_a_refused_owner_leaves_the_session_and_the_deployment_uncharged(store: Store) -> None:
    lease = run_of(store, ALICE)
    caps = SendingCaps(session=10 * ETHER, owner=2 * ETHER, deployment=3 * ETHER)
    spend(store, lease, 2 * ETHER, caps)
    assert refusal(store, lease, ETHER, caps) == "owner"
    assert spent(store, ALICE) == 2 * ETHER
    assert refusal(store, run_of(store, BOB), ETHER, caps) is None  # the deployment's third


@pytest.mark.slow
def test_twenty_workers_together_are_at_most_5_percent_over_the_deployments_day(
    table: str, clock: Clock, dynamodb: Any
) -> None:
    settings = Settings(forge_table=table)
    workers = [open_store(settings, clock, dynamodb) for _ in range(20)]
    limit = 100 * ETHER
    caps, moved = SendingCaps(deployment=limit), 0
    for number in range(2_200):
        wei = ETHER // 20 if number % 9 else ETHER // 3
        try:
            workers[number % 20].spendings.begin(wei, caps)
        except SpendingCapReached:
            continue
        moved += wei
    assert 95 * ETHER <= moved <= 105 * ETHER


def test_large_transactions_of_many_workers_are_exact(table: str, clock: Clock, dynamodb: Any) -> None:
    """More than a block is charged before it passes, so only small ones can be over together."""
    workers = [open_store(Settings(forge_table=table), clock, dynamodb) for _ in range(TASKS)]
    caps = SendingCaps(deployment=10 * ETHER)
    assert at_once(lambda n: workers[n].spendings.begin(ETHER, caps), SpendingCapReached, TASKS) == 10


def test_one_that_is_too_large_takes_nothing_from_the_others(table: str, clock: Clock, dynamodb: Any) -> None:
    one, other = (open_store(Settings(forge_table=table), clock, dynamodb) for _ in range(2))
    caps = SendingCaps(deployment=10 * ETHER)
    one.spendings.begin(2 * ETHER, caps)
    for _ in range(3):
        with pytest.raises(SpendingCapReached):
            other.spendings.begin(9 * ETHER, caps)
    other.spendings.begin(8 * ETHER, caps)


@pytest.mark.slow
def test_what_was_not_sent_is_given_back_to_all_three(store: Store) -> None:
    lease = run_of(store, ALICE)
    caps = SendingCaps(session=ETHER, owner=ETHER, deployment=ETHER)
    for _ in range(5):
        spending = spend(store, lease, ETHER, caps)
        assert refusal(store, lease, 1, caps) == "deployment"
        give_back(store, lease, spending)
    assert spent(store, ALICE) == 0
    assert refusal(store, lease, ETHER, caps) is None


def test_other_workers_hear_within_a_minute_of_what_was_given_back(
    table: str, clock: Clock, dynamodb: Any
) -> None:
    one, other = (open_store(Settings(forge_table=table), clock, dynamodb) for _ in range(2))
    caps = SendingCaps(deployment=10 * ETHER)
    spending = one.spendings.begin(10 * ETHER, caps)
    with pytest.raises(SpendingCapReached):
        other.spendings.begin(ETHER, caps)
    one.spendings.cancel(spending)
    clock.advance(60_000)
    other.spendings.begin(10 * ETHER, caps)


def test_a_charge_that_is_repeated_counts_once(store: Store) -> None:
    lease, caps = run_of(store, ALICE), SendingCaps(session=9 * ETHER, owner=9 * ETHER)
    spending, same = store.spendings.begin(5 * ETHER, caps), mark()
    for _ in range(2):
        store.spendings.charge(lease, spending, same)
    held = store.spendings.charge(lease, spending, same)
    assert held.session.spent == spent(store, ALICE) == 5 * ETHER
    back = mark()
    for _ in range(3):
        store.spendings.give_back(lease, spending, back)
    assert spent(store, ALICE) == 0
    assert refusal(store, lease, 9 * ETHER, caps) is None


def test_the_owners_day_and_the_deployments_are_utcs_and_the_sessions_sum_is_its_lifes(
    store: Store, clock: Clock
) -> None:
    lease = run_of(store, ALICE)
    caps = SendingCaps(session=5 * ETHER, owner=2 * ETHER, deployment=3 * ETHER)
    clock.now += DAY_MS - clock.now % DAY_MS - 1
    lease = run_of(store, ALICE._replace(session_id="s2"))
    spend(store, lease, 2 * ETHER, caps)
    assert refusal(store, lease, 1, caps) == "owner"
    clock.now += 1
    spend(store, lease, 2 * ETHER, caps)
    assert refusal(store, lease, 1, caps) == "owner"
    other = run_of(store, BOB)
    assert refusal(store, other, ETHER, caps) is None
    assert refusal(store, other, ETHER, caps) == "deployment"
    assert refusal(store, lease, ETHER, SendingCaps(session=4 * ETHER)) == "session"


def test_what_is_given_back_after_midnight_frees_nothing_of_the_new_day(store: Store, clock: Clock) -> None:
    clock.now += DAY_MS - clock.now % DAY_MS - 1
    lease, caps = run_of(store, ALICE), SendingCaps(owner=2 * ETHER, deployment=2 * ETHER)
    old = spend(store, lease, 2 * ETHER, caps)
    clock.now += 1
    spend(store, lease, 2 * ETHER, caps)
    give_back(store, lease, old)
    assert refusal(store, lease, 1, caps) == "deployment"
    assert refusal(store, lease, 1, SendingCaps(owner=2 * ETHER)) == "owner"


def test_a_worker_that_lost_its_lease_charges_nothing(store: Store, clock: Clock) -> None:
    lease, caps = run_of(store, ALICE), SendingCaps(session=9 * ETHER, owner=9 * ETHER)
    spending = store.spendings.begin(ETHER, caps)
    store.runs.finish(lease, completed())
    with pytest.raises(LeaseLost):
        store.spendings.charge(lease, spending, mark())
    assert spent(store, ALICE) == 0
    assert refusal(store, run_of(store, ALICE), 9 * ETHER, caps) is None


def test_a_session_and_its_owner_are_charged_in_one_write(store: Store, dynamodb: Any) -> None:
    lease = run_of(store, ALICE)
    for caps, calls in (
        (SendingCaps(session=ETHER), ["UpdateItem"]),
        (SendingCaps(session=ETHER, owner=ETHER), ["TransactWriteItems", "GetItem"]),
    ):
        with counted(dynamodb) as seen:
            store.spendings.charge(lease, store.spendings.begin(1, caps), mark())
        assert seen == calls


class _Item:
    """The table's item, which judges a condition as the table does."""

    def __init__(self) -> None:
        self.used: int | None = None

    def update(self, _key: Any, change: Any) -> Any:
        values = change.update()["ExpressionAttributeValues"]
        room = values.get(":room")
        if room is not None and self.used is not None and self.used > int(room["N"]):
            raise ConditionFailed({"used": self.used})
        self.used = (self.used or 0) + int(values[":used"]["N"])
        return {"used": self.used}


@pytest.mark.slow
@examples(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(1, 4),
    st.integers(400, 9_000),
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(1, 3_000), st.sampled_from(["keep", "give back"])),
        max_size=60,
    ),
)
def test_what_is_kept_is_never_more_than_5_percent_over(
    processes: int, limit: int, sent: list[tuple[int, int, str]]
) -> None:
    tried("wei of a day", (processes, limit, sent))
    item, clock = _Item(), Clock()
    counters = [DailyCounter(item, clock, "wei") for _ in range(processes)]  # type: ignore[arg-type]
    kept = 0
    for who, wei, then in sent:
        counter = counters[who % processes]
        try:
            day = counter.spend(wei, limit)
        except DayUsedUp:
            continue
        if then == "keep":
            kept += wei
        else:
            counter.give_back(wei, day, limit)
    assert kept <= limit + processes * (limit // 400)


@pytest.mark.slow
def test_owners_that_meet_are_all_counted(store: Store) -> None:
    leases = [run_of(store, ALICE._replace(session_id=f"s{number}")) for number in range(6)]
    caps = SendingCaps(owner=6 * ETHER)
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda lease: spend(store, lease, ETHER, caps), leases))
    assert refusal(store, leases[0], 1, caps) == "owner"


def test_a_damaged_sum_is_begun_anew(store: Store, table: str, clock: Clock, dynamodb: Any) -> None:
    caps = SendingCaps(deployment=10 * ETHER)
    day = "2027-01-15"
    assert store.spendings.begin(0, caps).day * DAY_MS == clock() - clock() % DAY_MS
    told(store)
    dynamodb.put_item(
        TableName=table,
        Item={"pk": {"S": f"roof#{day}#wei"}, "sk": {"S": "roof"}, "used": {"NULL": True}},
    )
    store.spendings.begin(ETHER, caps)
    with pytest.raises(SpendingCapReached):
        store.spendings.begin(10 * ETHER, caps)

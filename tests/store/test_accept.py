from __future__ import annotations

from typing import Any

import pytest

from forge.dynamodb.codec import encode_item
from forge.errors import InboxFull, InvalidRequest, RateLimited, SessionBusy
from forge.models.idempotency import Once
from forge.models.session import INBOX_LIMIT, MESSAGE_BYTES_LIMIT
from forge.models.session_key import SessionKey
from forge.settings import Settings
from forge.store import Store, keys, open_store
from tests.clock import Clock
from tests.store.scenes import KEY, completed, counted, log, next_of, started, submission, told


@pytest.mark.slow
def test_first_message_creates_the_session(store: Store, clock: Clock):
    session = told(store, "  send 1 ETH\nto Bob")

    assert session.generation == clock.now
    assert session.title == "send 1 ETH"
    assert session.network == "testnet"
    assert session.expires_at == clock.now // 1000 + 30 * 86_400
    assert [each.content for each in session.inbox] == ["  send 1 ETH\nto Bob"]
    assert store.sessions.get(KEY) == session


def test_a_long_first_line_becomes_a_short_title(store: Store):
    title = told(store, "é" * 200).title
    assert title is not None
    assert title == "é" * 59 + "…"


def test_a_system_message_does_not_name_the_session(store: Store):
    session = store.inbox.accept(KEY, submission("Wallet connected", sender="system"))
    assert session.title is None
    assert told(store, "hello there").title == "hello there"


def test_messages_wait_in_the_order_of_their_acceptance(store: Store):
    session = [told(store, f"m{number}") for number in range(5)][-1]
    assert [each.content for each in session.inbox] == ["m0", "m1", "m2", "m3", "m4"]


def test_accepting_costs_one_write(store: Store, clock: Clock, dynamodb: Any):
    told(store)
    clock.advance(60_000)
    with counted(dynamodb) as calls:
        told(store)
    assert calls == ["UpdateItem"]


def test_a_repeat_changes_nothing_and_costs_one_call(store: Store, dynamodb: Any):
    message = submission()
    first = store.inbox.accept(KEY, message)
    with counted(dynamodb) as calls:
        assert store.inbox.accept(KEY, message) == first
    assert calls == ["UpdateItem"]


def test_a_message_within_the_burst_costs_two_calls_at_most(store: Store, dynamodb: Any):
    told(store)
    with counted(dynamodb) as calls:
        told(store)
    assert calls == ["UpdateItem", "UpdateItem"]


def test_a_repeat_is_known_while_the_run_is_active_and_after_it(store: Store):
    lease = started(store)
    message = lease.session.active.submission  # type: ignore[union-attr]
    assert store.inbox.accept(KEY, message) == lease.session

    ended = store.runs.finish(lease, completed()).session
    assert store.inbox.accept(KEY, message) == ended
    assert ended.recent == {message.run_id: "completed"}


def test_a_full_inbox_refuses(store: Store, clock: Clock):
    for _ in range(INBOX_LIMIT):
        told(store)
    clock.advance(600_000)
    with pytest.raises(InboxFull) as refused:
        told(store)
    assert refused.value.retry_after > 0
    assert len(store.sessions.get(KEY).inbox) == INBOX_LIMIT  # type: ignore[union-attr]


@pytest.mark.slow
def test_what_is_withdrawn_during_a_run_does_not_fill_the_session(table: str, clock: Clock, dynamodb: Any):
    """An item may have 400 KB. Above that, no worker could claim the run."""
    store = open_store(Settings(forge_table=table, rate_limit_burst=100), clock, dynamodb)
    lease = started(store)
    long = "x" * MESSAGE_BYTES_LIMIT
    for _ in range(INBOX_LIMIT):
        store.inbox.withdraw(KEY, [told(store, long).inbox[0].run_id])
    with pytest.raises(InboxFull):
        told(store, long)
    ended = store.runs.finish(lease, completed()).session
    assert ended.logged == 1 + INBOX_LIMIT + 1
    assert told(store).inbox


@pytest.mark.parametrize("once", [None, Once("key", "digest")], ids=["one write", "a transaction"])
def test_a_session_without_room_for_a_message_is_full(
    store: Store, table: str, dynamodb: Any, once: Once | None
):
    """Wallet requests are in the same item; nothing counts what all of it comes to."""
    told(store)
    dynamodb.update_item(
        TableName=table,
        Key=encode_item(keys.hot(KEY)),
        UpdateExpression="SET filler = :filler",
        ExpressionAttributeValues={":filler": {"S": "x" * 390_000}},
    )
    with pytest.raises(InboxFull):
        store.inbox.accept_once(KEY, submission("x" * MESSAGE_BYTES_LIMIT), "enqueue", once)
    session = store.sessions.get(KEY)
    assert session
    assert [each.content for each in session.inbox] == ["hello"]


def test_a_burst_is_allowed_and_then_the_rate_holds(table: str, clock: Clock, dynamodb: Any):
    store = open_store(Settings(forge_table=table, rate_limit_burst=3), clock, dynamodb)
    for _ in range(3):
        told(store)
    with pytest.raises(RateLimited) as refused:
        told(store)
    assert refused.value.retry_after == 2.0

    clock.advance(2_000)
    told(store)
    with pytest.raises(RateLimited):
        told(store)


def test_a_refusal_costs_one_call_and_changes_nothing(table: str, clock: Clock, dynamodb: Any):
    store = open_store(Settings(forge_table=table, rate_limit_burst=1), clock, dynamodb)
    before = told(store)
    with counted(dynamodb) as calls, pytest.raises(RateLimited):
        told(store)
    assert calls == ["UpdateItem"]
    assert store.sessions.get(KEY) == before


def test_sessions_have_rates_of_their_own(table: str, clock: Clock, dynamodb: Any):
    store = open_store(Settings(forge_table=table, rate_limit_burst=1), clock, dynamodb)
    told(store)
    told(store, key=SessionKey("anonymous", "s2"))


def test_an_owner_has_one_rate_over_all_sessions(table: str, clock: Clock, dynamodb: Any):
    settings = Settings(forge_table=table, owner_rate_limit_per_minute=60, rate_limit_burst=1)
    store = open_store(settings, clock, dynamodb)
    for number in range(4):
        told(store, key=SessionKey("ann", f"s{number}"))
    with pytest.raises(RateLimited) as refused:
        told(store, key=SessionKey("ann", "s9"))
    assert refused.value.retry_after == 1.0
    told(store, key=SessionKey("ben", "s0"))
    clock.advance(1_000)
    told(store, key=SessionKey("ann", "s9"))


def test_reject_refuses_a_busy_session_only(store: Store, clock: Clock):
    store.inbox.accept(KEY, submission(), "reject")
    with pytest.raises(SessionBusy):
        store.inbox.accept(KEY, submission(), "reject")

    lease = store.runs.claim(next_of(store.sessions.get(KEY)), "a")  # type: ignore[arg-type]
    with pytest.raises(SessionBusy):
        store.inbox.accept(KEY, submission(), "reject")

    store.runs.finish(lease, completed())
    assert len(store.inbox.accept(KEY, submission(), "reject").inbox) == 1


def test_interrupt_queues_the_message_behind_the_active_run(store: Store):
    started(store)
    session = store.inbox.accept(KEY, submission("stop, do this"), "interrupt")
    assert [each.content for each in session.inbox] == ["stop, do this"]


def test_an_over_long_message_is_refused(store: Store):
    with pytest.raises(InvalidRequest):
        told(store, "é" * 8_001)
    assert store.sessions.get(KEY) is None


def test_a_message_to_an_expired_session_starts_a_new_generation(store: Store, clock: Clock):
    lease = started(store, "old")
    old = store.runs.finish(lease, completed()).session
    told(store, "never answered")
    clock.advance(31 * 86_400_000)
    assert store.sessions.get(KEY) is None

    session = told(store, "new")

    assert session.generation > old.generation
    assert session.rev > old.rev
    assert (session.title, session.recent, session.logged) == ("new", {}, 0)
    assert [each.content for each in session.inbox] == ["new"]
    assert log(store) == []


def test_rev_and_fence_grow_even_when_the_item_was_deleted_in_between(
    store: Store, clock: Clock, dynamodb: Any, table: str
):
    old = started(store)
    clock.advance(31 * 86_400_000)
    dynamodb.delete_item(TableName=table, Key={"pk": {"S": f"session#{KEY}"}, "sk": {"S": "session"}})

    new = started(store)

    assert new.session.rev > old.session.rev
    assert new.fence > old.fence


def test_an_owner_cannot_reach_a_session_of_another_owner(store: Store):
    told(store, key=SessionKey("ann", "s1"))
    assert store.sessions.get(SessionKey("ben", "s1")) is None
    assert store.sessions.get(SessionKey("ann%23s1", "s1")) is None


@pytest.mark.slow
def test_every_message_of_a_full_inbox_fits_into_the_item(store: Store, clock: Clock):
    session = told(store, "€" * 5_333)
    for _ in range(INBOX_LIMIT - 1):
        session = told(store, "€" * 5_333)
    lease = store.runs.claim(next_of(session), "a")
    lease = store.runs.flush(lease, "€" * 10_000)
    assert len(lease.session.inbox) == INBOX_LIMIT - 1

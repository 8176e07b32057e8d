from __future__ import annotations

from typing import Any

import pytest

from forge.errors import NotFound
from forge.models.session_key import SessionKey
from forge.settings import Settings
from forge.store import Store, open_store
from tests.clock import Clock
from tests.store.scenes import KEY, completed, counted, log, spoken, started, told


def rows(dynamodb: Any, table: str) -> set[str]:
    return {item["sk"]["S"].partition("#")[0] for item in dynamodb.scan(TableName=table)["Items"]}


def test_looking_creates_nothing(store: Store, dynamodb: Any, table: str):
    assert store.sessions.get(KEY) is None
    assert store.sessions.touch(KEY) is None
    assert store.sessions.list([KEY]) == []
    with pytest.raises(NotFound):
        store.sessions.rename(KEY, "title")
    with pytest.raises(NotFound):
        store.sessions.delete(KEY)
    assert rows(dynamodb, table) == set()


def test_an_expired_session_is_absent_everywhere(store: Store, clock: Clock):
    told(store)
    clock.advance(30 * 86_400_000)
    assert store.sessions.get(KEY) is None
    assert store.sessions.list([KEY]) == []
    assert store.sessions.touch(KEY) is None
    for change in (lambda: store.sessions.rename(KEY, "x"), lambda: store.sessions.delete(KEY)):
        with pytest.raises(NotFound):
            change()


def test_a_part_of_the_log_can_be_read(store: Store, clock: Clock):
    session = store.runs.finish(started(store), completed(*[spoken(f"m{n}") for n in range(12)])).session
    assert [message.seq for message in store.sessions.messages(session, 10)] == [10, 11, 12]
    assert [message.seq for message in store.sessions.messages(session, 2, 4)] == [2, 3]
    assert store.sessions.messages(session, 13) == []
    assert [message.seq for message in store.sessions.messages(session, 12, 99)] == [12]


@pytest.mark.slow
def test_a_log_larger_than_one_answer_of_the_service_is_read_whole(store: Store, dynamodb: Any):
    texts = [f"{number} " + "x" * 100_000 for number in range(15)]
    session = store.runs.finish(started(store), completed(*map(spoken, texts))).session
    with counted(dynamodb) as calls:
        assert [message.content for message in store.sessions.messages(session, 1)] == texts
    assert calls == ["Query", "Query"]


def test_own_sessions_are_listed_in_the_order_asked_for(store: Store):
    keys = [SessionKey("anonymous", f"s{number}") for number in range(3)]
    for key in reversed(keys):
        told(store, key.session_id, key)
    unknown = SessionKey("anonymous", "s9")
    listed = store.sessions.list([keys[2], unknown, keys[0], keys[2]])
    assert [session.key for session in listed] == [keys[2], keys[0]]


def test_renaming_is_a_visible_change(store: Store):
    before = told(store)
    after = store.sessions.rename(KEY, "Payments")
    assert (after.title, after.rev) == ("Payments", before.rev + 1)
    assert told(store, "another text").title == "Payments"


def test_choosing_a_network_creates_the_session(store: Store, clock: Clock):
    session = store.sessions.set_network(KEY, "base")
    assert (session.network, session.title, session.inbox) == ("base", None, [])
    assert store.sessions.set_network(KEY, "mainnet").rev == session.rev + 1
    assert told(store, "hello").title == "hello"

    clock.advance(31 * 86_400_000)
    revived = store.sessions.set_network(KEY, "base")
    assert revived.generation > session.generation
    assert (revived.title, revived.inbox) == (None, [])


def test_networks_are_the_sessions_own(store: Store):
    other = SessionKey("anonymous", "s2")
    told(store)
    store.sessions.set_network(other, "base")
    assert store.sessions.get(KEY).network == "testnet"  # type: ignore[union-attr]


def test_a_connected_client_keeps_the_session_alive_for_a_write_a_minute(
    store: Store, clock: Clock, dynamodb: Any
):
    store.runs.finish(started(store), completed())
    with counted(dynamodb) as calls:
        for _ in range(8):
            clock.advance(30_000)
            assert store.sessions.touch(KEY) is not None
    assert calls.count("UpdateItem") == 4
    clock.advance(29 * 60_000)
    assert store.sessions.get(KEY) is not None


def test_a_short_life_is_touched_in_time(table: str, clock: Clock, dynamodb: Any):
    store = open_store(Settings(forge_table=table, session_timeout_minutes=0.05), clock, dynamodb)
    told(store)
    for _ in range(10):
        clock.advance(1_000)
        assert store.sessions.touch(KEY) is not None


@pytest.mark.slow
def test_deleting_ends_the_session_and_leaves_no_content(store: Store, dynamodb: Any, table: str):
    store.runs.finish(started(store), completed(spoken("x" * 100_000), entries=[b"entry"]))
    lease = started(store, "secret")
    store.journal.begin_call(lease, "1:c1", {})

    store.sessions.delete(KEY)

    assert store.sessions.get(KEY) is None
    assert rows(dynamodb, table) == {"session", "control", "erasure"}
    assert "secret" not in str(dynamodb.scan(TableName=table))
    assert store.controls.read([KEY])[KEY].deleted == lease.session.generation


def test_a_deleted_session_begins_again_with_the_next_message(store: Store):
    old = started(store, "old").session
    store.sessions.delete(KEY)
    new = told(store, "new")
    assert new.generation > old.generation
    assert new.rev > old.rev
    assert (new.title, [each.content for each in new.inbox]) == ("new", ["new"])
    assert log(store) == []

from __future__ import annotations

from typing import Any

from forge.models.session import Connection
from forge.store import Store
from forge.store.endings.after_expiry import stream_key
from tests.clock import T0, Clock
from tests.store.scenes import KEY, completed, log, spoken, started, told


def removed(dynamodb: Any, table: str) -> dict[str, Any]:
    """DynamoDB deletes the hot item and hands out its last image."""
    key = {"pk": {"S": f"session#{KEY}"}, "sk": {"S": "session"}}
    image = dynamodb.delete_item(TableName=table, Key=key, ReturnValues="ALL_OLD")["Attributes"]
    return {"eventName": "REMOVE", "dynamodb": {"Keys": key, "OldImage": image}}


def rows(dynamodb: Any, table: str) -> list[str]:
    return sorted(item["sk"]["S"].partition("#")[0] for item in dynamodb.scan(TableName=table)["Items"])


def lived(store: Store) -> None:
    store.controls.connect(Connection(connection_id="c1", key=KEY, connected_at=T0))
    store.runs.finish(started(store), completed(spoken("x" * 100_000), entries=[b"entry"]))
    store.journal.begin_call(started(store), "1:c1", {})


def test_a_removed_session_leaves_nothing(store: Store, clock: Clock, dynamodb: Any, table: str):
    lived(store)
    clock.advance(31 * 60_000)
    found = stream_key(removed(dynamodb, table))
    assert found is not None
    assert found[0] == KEY

    assert store.expiry.expire(*found) == {"c1"}
    assert rows(dynamodb, table) == ["connection"]
    assert store.expiry.expire(*found) == frozenset()


def test_a_revived_session_keeps_its_connections_and_its_messages(
    store: Store, clock: Clock, dynamodb: Any, table: str
):
    lived(store)
    clock.advance(31 * 60_000)
    found = stream_key(removed(dynamodb, table))
    assert found is not None
    store.runs.finish(started(store, "again"), completed(spoken("yes")))

    assert store.expiry.expire(*found) == frozenset()

    assert log(store) == ["again", "yes"]
    assert store.controls.read([KEY])[KEY].connections == {"c1"}
    assert rows(dynamodb, table) == ["connection", "control", "message", "message", "session"]


def test_the_end_of_a_generation_takes_older_ones_with_it(
    store: Store, clock: Clock, dynamodb: Any, table: str
):
    """An expired item that a message revives in time is never removed: its children wait for the next end."""
    lived(store)
    clock.advance(31 * 60_000)
    told(store, "revived")
    clock.advance(31 * 60_000)
    found = stream_key(removed(dynamodb, table))
    assert found is not None
    store.expiry.expire(*found)
    assert rows(dynamodb, table) == ["connection"]


def test_only_removed_sessions_are_recognised(store: Store, dynamodb: Any, table: str):
    told(store)
    record = removed(dynamodb, table)
    image = record["dynamodb"]["OldImage"]
    assert stream_key({**record, "eventName": "MODIFY"}) is None
    assert stream_key({**record, "dynamodb": {"Keys": record["dynamodb"]["Keys"]}}) is None
    assert stream_key({**record, "dynamodb": {"OldImage": {**image, "sk": {"S": "control"}}}}) is None
    assert stream_key(record) is not None


def test_what_a_session_leaves_ends_by_itself_at_last(store: Store, dynamodb: Any, table: str):
    lived(store)
    ends = {
        item["sk"]["S"].partition("#")[0]: int(item["expires_at"]["N"]) - T0 // 1000
        for item in dynamodb.scan(TableName=table)["Items"]
    }
    month = 30 * 86_400
    assert ends == {
        "session": month,
        "control": 10_800,
        "connection": 7_800,
        "message": month,
        "entry": month,
        "call": month,
    }

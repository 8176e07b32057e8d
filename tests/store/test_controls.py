from __future__ import annotations

from typing import Any

from forge.models.session import Connection, Control
from forge.models.session_key import SessionKey
from forge.store import Store
from tests.clock import Clock
from tests.store.scenes import KEY, counted


def connection(number: int, clock: Clock) -> Connection:
    return Connection(connection_id=f"c{number}=", key=KEY, connected_at=clock.now)


def test_connections_of_a_session_come_and_go(store: Store, clock: Clock):
    for number in (1, 2):
        store.controls.connect(connection(number, clock))
    assert store.controls.connection("c1=") == connection(1, clock)
    assert store.controls.read([KEY])[KEY].connections == {"c1=", "c2="}

    store.controls.disconnect("c1=")
    assert store.controls.connection("c1=") is None
    assert store.controls.read([KEY])[KEY].connections == {"c2="}

    store.controls.disconnect("c2=")
    store.controls.disconnect("c2=")
    assert store.controls.read([KEY])[KEY].connections == frozenset()


def test_a_connection_whose_own_item_has_gone_can_still_be_forgotten(store: Store, clock: Clock):
    store.controls.connect(connection(1, clock))
    clock.advance(2 * 3_600_000 + 600_000)
    assert store.controls.connection("c1=") is None
    store.controls.disconnect("c1=", KEY)
    assert store.controls.read([KEY])[KEY].connections == frozenset()


def test_unknown_connections_are_forgotten_without_a_trace(store: Store, dynamodb: Any, table: str):
    store.controls.disconnect("never")
    assert dynamodb.scan(TableName=table)["Items"] == []


def test_requests_reach_the_control_item_only(store: Store, clock: Clock):
    store.controls.request_interrupt(KEY, "a" * 32)
    store.controls.watch(KEY, clock.now + 20_000)
    assert store.controls.read([KEY]) == {
        KEY: Control(key=KEY, interrupt="a" * 32, watched_until=clock.now + 20_000)
    }
    assert store.sessions.get(KEY) is None


def test_many_controls_are_read_by_one_call_a_hundred(store: Store, dynamodb: Any):
    keys = [SessionKey("anonymous", f"s{number}") for number in range(120)]
    for key in keys[::40]:
        store.controls.request_interrupt(key, "a" * 32)
    with counted(dynamodb) as calls:
        found = store.controls.read([*keys, keys[0]])
    assert calls == ["BatchGetItem"] * 2
    assert set(found) == set(keys[::40])
    assert store.controls.read([]) == {}


def test_keys_that_the_service_left_out_are_asked_again(store: Store, dynamodb: Any, clock: Clock):
    keys = [SessionKey("anonymous", f"s{number}") for number in range(10)]
    for key in keys:
        store.controls.watch(key, clock.now)
    call, asked = dynamodb._make_api_call, []

    def sparing(operation: str, parameters: Any) -> Any:
        if operation != "BatchGetItem":
            return call(operation, parameters)
        ((name, request),) = parameters["RequestItems"].items()
        asked.append(len(request["Keys"]))
        first = {**request, "Keys": request["Keys"][:4]}
        rest = {**request, "Keys": request["Keys"][4:]}
        answer = call(operation, {"RequestItems": {name: first}})
        return {**answer, "UnprocessedKeys": {name: rest} if rest["Keys"] else {}}

    dynamodb._make_api_call = sparing
    assert set(store.controls.read(keys)) == set(keys)
    assert asked == [10, 6, 2]

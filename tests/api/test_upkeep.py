"""`expire_session` and `recover_runs`."""

from __future__ import annotations

import json
from typing import Any

from forge.api import dependencies
from forge.models.session_key import SessionKey
from forge.store import keys
from functions.expire_session.handler import handler as expire_session
from functions.recover_runs.handler import handler as recover_runs
from tests.api.conftest import ConnectionsServer, Environment, stored_items
from tests.api.gateway import Context, Gateway

KEY = SessionKey("anonymous", "s")
HOT = {name: {"S": value} for name, value in keys.hot(KEY).items()}


def removed(dynamodb: Any, table: str, number: int = 1) -> dict[str, Any]:
    """DynamoDB deletes the expired hot item, and says so in the stream."""
    image = dynamodb.delete_item(TableName=table, Key=HOT, ReturnValues="ALL_OLD")["Attributes"]
    return {
        "eventName": "REMOVE",
        "userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"},
        "dynamodb": {"Keys": HOT, "OldImage": image, "SequenceNumber": str(number)},
    }


def expire(*records: dict[str, Any]) -> Any:
    return expire_session({"Records": list(records)}, Context("ExpireSession"))


def test_an_expired_session_leaves_nothing_behind(gateway: Gateway, dynamodb: Any, table: str) -> None:
    gateway.post("/api/chat", {"message": "a", "session_id": "s"})
    gateway.post("/api/interrupt", {"session_id": "s"})
    assert expire(removed(dynamodb, table)) == {"batchItemFailures": []}
    assert stored_items(dynamodb, table) == []


def test_its_connections_are_told_and_closed(
    gateway: Gateway, connections_server: ConnectionsServer, dynamodb: Any, table: str
) -> None:
    gateway.post("/api/chat", {"message": "a", "session_id": "s"})
    connections = [gateway.connect(session_id="s")[1] for _ in range(2)]
    _, other = gateway.connect(session_id="other")
    expire(removed(dynamodb, table))
    for connection in connections:
        (frame,) = connections_server.frames[connection]
        assert (frame["type"], frame["session_id"]) == ("session_expired", "s")
    assert sorted(connections_server.closed) == sorted(connections)
    assert other not in connections_server.closed


def test_a_revived_session_keeps_its_connections_and_messages(
    gateway: Gateway, connections_server: ConnectionsServer, dynamodb: Any, table: str
) -> None:
    gateway.post("/api/chat", {"message": "old", "session_id": "s"})
    record = removed(dynamodb, table)
    gateway.post("/api/chat", {"message": "new", "session_id": "s"})
    _, connection = gateway.connect(session_id="s")
    expire(record)
    assert connections_server.closed == []
    assert connections_server.frames[connection] == []
    state = gateway.get("/api/state", session_id="s").json
    assert [message["content"] for message in state["messages"]] == ["new"]


def test_a_record_that_fails_comes_again_and_holds_back_no_other(
    gateway: Gateway, connections_server: ConnectionsServer, dynamodb: Any, table: str
) -> None:
    gateway.post("/api/chat", {"message": "a", "session_id": "s"})
    record = removed(dynamodb, table, 7)
    image = {**record["dynamodb"]["OldImage"], "generation": {"N": "many"}}
    change = {**record["dynamodb"], "OldImage": image, "SequenceNumber": "5"}
    broken = {"eventName": "REMOVE", "dynamodb": change}
    assert expire(broken, record) == {"batchItemFailures": [{"itemIdentifier": "5"}]}


def test_other_records_are_let_be(gateway: Gateway, dynamodb: Any, table: str) -> None:
    changed = {"eventName": "MODIFY", "dynamodb": {"Keys": HOT, "SequenceNumber": "1"}}
    child = {"eventName": "REMOVE", "dynamodb": {"Keys": HOT, "OldImage": {}, "SequenceNumber": "2"}}
    assert expire(changed, child) == {"batchItemFailures": []}


def test_an_expired_session_is_counted(gateway: Gateway, dynamodb: Any, table: str, capsys: Any) -> None:
    gateway.post("/api/chat", {"message": "a", "session_id": "s"})
    capsys.readouterr()
    expire(removed(dynamodb, table))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["SessionsExpired"] for line in lines if "SessionsExpired" in line] == [[1.0]]


def test_a_run_whose_queue_message_was_lost_is_sent_again(
    gateway: Gateway, environment: Environment, dynamodb: Any, table: str, sqs: Any, queue_url: str
) -> None:
    environment.set(FORGE_QUEUE_URL=queue_url.replace("runs", "nowhere"))
    sent = gateway.post("/api/chat", {"message": "a", "session_id": "s"})
    environment.set(FORGE_QUEUE_URL=queue_url)
    assert recover_runs({}, Context("RecoverRuns")) == {"recovered": 0}
    dynamodb.update_item(
        TableName=table,
        Key=HOT,
        UpdateExpression="SET work_due = :past",
        ExpressionAttributeValues={":past": {"N": str(dependencies.now() - 1)}},
    )
    assert recover_runs({}, Context("RecoverRuns")) == {"recovered": 1}
    (message,) = sqs.receive_message(QueueUrl=queue_url)["Messages"]
    assert json.loads(message["Body"])["run_id"] == sent.headers["x-run-id"]

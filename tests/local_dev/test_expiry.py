from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from local_dev.aws.event_filter import matches
from local_dev.aws.lambda_runtime import LambdaRuntime
from local_dev.aws.table_expiry import Expiry
from local_dev.template.declarations import Function, TableStream

PROPERTIES = {
    "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
}
SESSIONS_ONLY = {"eventName": ["REMOVE"], "dynamodb": {"Keys": {"sk": {"S": ["session"]}}}}

ExpiryOf = Callable[[Callable[[dict[str, Any], Any], Any]], Expiry]


@pytest.fixture
def reports() -> list[str]:
    return []


@pytest.fixture
def expiry_of(dynamodb: Any, table: str, reports: list[str]) -> ExpiryOf:
    """An expiry that tells the given handler."""

    def make(handler: Callable[[dict[str, Any], Any], Any]) -> Expiry:
        runtime = LambdaRuntime(reports.append)
        function = Function("Listener", "listener", 5, {})
        runtime.register(function, handler)
        stream = TableStream(function, [SESSIONS_ONLY], batch_size=2)
        return Expiry(dynamodb, table, PROPERTIES, [stream], runtime, reports.append, retry_seconds=0.01)

    return make


def put(dynamodb: Any, table: str, pk: str, sk: str, seconds: int | None) -> None:
    item: dict[str, Any] = {"pk": {"S": pk}, "sk": {"S": sk}, "data": {"B": b"\x00\xff"}}
    if seconds is not None:
        item["expires_at"] = {"N": str(int(time.time()) + seconds)}
    dynamodb.put_item(TableName=table, Item=item)


def left(dynamodb: Any, table: str) -> set[tuple[str, str]]:
    items = dynamodb.scan(TableName=table)["Items"]
    return {(item["pk"]["S"], item["sk"]["S"]) for item in items}


async def test_expired_items_go_and_the_function_hears_of_those_that_it_asked_for(
    dynamodb: Any, table: str, expiry_of: ExpiryOf
):
    batches: list[list[dict[str, Any]]] = []
    expiry = expiry_of(lambda event, context: batches.append(event["Records"]))
    for number in range(3):
        put(dynamodb, table, f"expired-{number}", "session", -10)
    put(dynamodb, table, "expired-0", "message#1", -10)
    put(dynamodb, table, "living", "session", 60)
    put(dynamodb, table, "endless", "catalog", None)

    assert await expiry.expire() == 4

    assert left(dynamodb, table) == {("living", "session"), ("endless", "catalog")}
    assert sorted(len(batch) for batch in batches) == [1, 2]
    record = batches[0][0]
    assert record["eventName"] == "REMOVE"
    assert record["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    assert record["dynamodb"]["Keys"].keys() == {"pk", "sk"}
    assert record["dynamodb"]["OldImage"]["data"] == {"B": "AP8="}


async def test_the_function_hears_of_what_was_deleted_before_the_emulator_failed(
    dynamodb: Any, table: str, expiry_of: ExpiryOf, monkeypatch: pytest.MonkeyPatch
):
    heard: list[str] = []

    def listen(event: dict[str, Any], _context: Any) -> None:
        heard.extend(record["dynamodb"]["Keys"]["pk"]["S"] for record in event["Records"])

    expiry, delete = expiry_of(listen), dynamodb.delete_item
    for number in range(3):
        put(dynamodb, table, f"expired-{number}", "session", -10)
    left_to_do = [True, True, False, True, True]

    def failing(**given: Any) -> Any:
        if not left_to_do.pop(0):
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
        return delete(**given)

    monkeypatch.setattr(dynamodb, "delete_item", failing)
    with pytest.raises(EndpointConnectionError):
        await expiry.expire()
    await expiry.expire()
    assert sorted(heard) == [f"expired-{number}" for number in range(3)]


async def test_a_failed_batch_comes_again_from_its_first_failed_record(
    dynamodb: Any, table: str, expiry_of: ExpiryOf
):
    calls: list[list[str]] = []

    def second_fails_once(event: dict[str, Any], context: Any) -> dict[str, Any]:
        numbers = [record["dynamodb"]["SequenceNumber"] for record in event["Records"]]
        calls.append(numbers)
        return {"batchItemFailures": [{"itemIdentifier": numbers[1]}] if len(calls) == 1 else []}

    expiry = expiry_of(second_fails_once)
    for number in range(2):
        put(dynamodb, table, f"expired-{number}", "session", -10)
    await expiry.expire()
    assert [len(numbers) for numbers in calls] == [2, 1]
    assert calls[1] == calls[0][1:]


async def test_a_function_that_always_fails_is_given_up_with_a_notice(
    dynamodb: Any, table: str, expiry_of: ExpiryOf, reports: list[str]
):
    def broken(event: dict[str, Any], context: Any) -> None:
        raise RuntimeError("no")

    put(dynamodb, table, "expired", "session", -10)
    await expiry_of(broken).expire()
    assert reports[-1] == "Listener: gave 1 records up"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"a": ["x"]}, True),
        ({"a": ["y", "x"]}, True),
        ({"a": ["y"]}, False),
        ({"b": {"c": [1]}}, True),
        ({"b": {"c": [2]}}, False),
        ({"b": {"c": {"d": [2]}}}, False),
        ({"missing": ["x"]}, False),
        ({"missing": [{"exists": False}]}, True),
        ({"a": [{"exists": True}], "b": {"c": [{"anything-but": [2, 3]}]}}, True),
        ({"a": [{"prefix": "y"}, {"suffix": "x"}]}, True),
    ],
)
def test_a_filter_matches_as_in_the_cloud(pattern: dict[str, Any], expected: bool):
    assert matches({"a": "x", "b": {"c": 1}}, pattern) is expected

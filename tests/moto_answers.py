"""moto's own answers to reads and updates of many forms: this program runs without the shortcuts of `moto_speed.py`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

from tests.schema import TABLE_NAME, create_table

Json = dict[str, Any]

KEY: Json = {"pk": {"S": "a"}, "sk": {"S": "b"}}
VALUE: Json = {
    "M": {"list": {"L": [{"N": "1"}, {"BOOL": False}, {"NULL": True}, {"SS": ["x", "y"]}]}, "none": {"S": ""}}
}
ONE: Json = {":one": {"N": "1"}}
UPDATES: list[tuple[str, Json]] = [
    ("SET #a = :v, other.#b = :one REMOVE gone ADD counted :one", {":v": VALUE, **ONE}),
    ("SET n = if_not_exists(n, :one) + :one, kept = list_append(kept, :l)", {**ONE, ":l": {"L": [VALUE]}}),
    ("REMOVE kept[0], kept[1] DELETE words :w", {":w": {"SS": ["one"]}}),
    ("SET a = :one SET b = :one", ONE),
    ("REMOVE a REMOVE b", {}),
    ("SET a = :one, a.b = :one", ONE),
    ("SET a = :one REMOVE a", ONE),
    ("SET pk = :one", ONE),
    ("SET a = b", {}),
    ("SET a = ", {}),
    ("SET year = :one", ONE),
    ("SET kept[0].list[1] = :v, #a = if_not_exists(#b, kept)", {":v": VALUE, **ONE}),
    ("SET kept = list_append(kept, kept) ADD counted :one, counted :one", ONE),
]
CONDITIONS: list[tuple[str, Json]] = [
    ("attribute_exists(pk)   AND NOT size(gone) <> :one", ONE),
    ("attribute_not_exists(pk) OR gone.none BETWEEN :one AND :one", ONE),
    ("begins_with(sk, :b) AND counted IN (:one, :b)", {":b": {"S": "b"}, **ONE}),
    ("year = :one", ONE),
]
LARGE: list[Json] = [
    {"S": "é" * 101_000},
    {"L": [{"B": b"x" * 101_000}, {"M": {"é" * 50_000: {"SS": ["y" * 50_000, "é" * 26_000]}}}]},
    {"NS": [str(10**30 + number) for number in range(6_600)]},
    {"S": "x" * 202_000},
]
"""Two of each are at most as large as an item may be, or a little larger."""
VOLATILE = {"CreationDateTime", "TableId"}


def answers() -> list[Json]:
    """In an AWS of their own."""
    with mock_aws():
        client: Any = boto3.client(
            "dynamodb", "us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing"
        )
        create_table(client)
        return [_answer(client, operation, given) for operation, given in _requests()]


def _requests() -> Iterator[tuple[str, Json]]:
    item = KEY | {
        "other": VALUE,
        "kept": {"L": [VALUE]},
        "gone": {"B": b"1"},
        "words": {"SS": ["one", "two"]},
    }
    yield "put_item", {"Item": item}
    for expression, values in UPDATES:
        names = {name: word for name, word in (("#a", "first"), ("#b", "second")) if name in expression}
        given: Json = {"ExpressionAttributeNames": names} if names else {}
        given |= {"ExpressionAttributeValues": values} if values else {}
        for returned in ("ALL_NEW", "UPDATED_OLD"):
            yield (
                "update_item",
                {"Key": KEY, "UpdateExpression": expression, "ReturnValues": returned} | given,
            )
    for condition, values in CONDITIONS:
        yield (
            "put_item",
            {"Item": item, "ConditionExpression": condition, "ExpressionAttributeValues": values},
        )
    for value in LARGE:
        large = {**KEY, "sk": {"S": "large"}, "one": value}
        for more in (
            {},
            {"two": value},
            {"two": value, "three": {"S": "x" * 2_000}},
            {"two": value, "3": VALUE},
        ):
            yield "put_item", {"Item": large | more}
        given = {"ExpressionAttributeValues": {":v": value}}
        yield "update_item", {"Key": KEY, "UpdateExpression": "SET three = :v, four = :v", **given}
    yield "get_item", {"Key": KEY, "ReturnConsumedCapacity": "TOTAL"}
    yield "get_item", {"Key": KEY | {"sk": {"S": "nobody"}}}
    yield "scan", {}
    partition = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "a"}}}
    yield "query", {**partition, "Limit": 1}
    yield "describe_table", {}


def _answer(client: Any, operation: str, given: Json) -> Json:
    try:
        answer: Json = getattr(client, operation)(TableName=TABLE_NAME, **given)
    except ClientError as error:
        answer = {**error.response}
    status = answer.pop("ResponseMetadata")["HTTPStatusCode"]
    table = {name: value for name, value in answer.get("Table", {}).items() if name not in VOLATILE}
    return answer | {"status": status} | ({"Table": table} if table else {})


if __name__ == "__main__":
    print(json.dumps(answers(), default=repr))  # noqa: T201

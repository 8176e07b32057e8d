"""A transaction of the emulated table happens whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Write = dict[str, Any]


def key(name: str) -> dict[str, Any]:
    return {"pk": {"S": name}, "sk": {"S": "x"}}


def put(name: str) -> Write:
    return {"Put": {"TableName": "forge", "Item": {**key(name), "n": {"N": "9"}}}}


def add(name: str, condition: str = "attribute_exists(pk)") -> Write:
    values = {":one": {"N": "1"}}
    return {
        "Update": {
            "TableName": "forge",
            "Key": key(name),
            "UpdateExpression": "SET n = n + :one",
            "ConditionExpression": condition,
            "ExpressionAttributeValues": values,
        }
    }


def delete(name: str) -> Write:
    return {"Delete": {"TableName": "forge", "Key": key(name)}}


def items(dynamodb: Any) -> dict[str, str]:
    return {item["pk"]["S"]: item["n"]["N"] for item in dynamodb.scan(TableName="forge")["Items"]}


@pytest.fixture
def filled(dynamodb: Any, table: str) -> Any:
    for name in ("a", "b", "c"):
        dynamodb.put_item(TableName=table, Item={**key(name), "n": {"N": "1"}})
    return dynamodb


@pytest.mark.parametrize("write", [put, add, delete])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_transaction_that_fails_changes_nothing(
    filled: Any, write: Callable[[str], Write], is_first: bool
) -> None:
    before = items(filled)
    writes = [write("a"), put("new"), add("b")]
    refused = add("c", "attribute_not_exists(pk)")
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        filled.transact_write_items(TransactItems=[refused, *writes] if is_first else [*writes, refused])
    assert items(filled) == before


def test_a_transaction_that_names_an_item_twice_changes_nothing(filled: Any) -> None:
    before = items(filled)
    with pytest.raises(ClientError, match="multiple operations on one item"):
        filled.transact_write_items(TransactItems=[put("new"), add("b"), add("b")])
    assert items(filled) == before


def test_a_transaction_happens_whole(filled: Any) -> None:
    filled.transact_write_items(TransactItems=[put("new"), add("b"), delete("c")])
    assert items(filled) == {"a": "1", "b": "2", "new": "9"}

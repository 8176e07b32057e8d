"""The table in terms of plain items. No other module uses botocore's DynamoDB client."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from forge.aws import unavailable
from forge.backoff import pauses
from forge.dynamodb.codec import Item, Key, decode_item, encode_item
from forge.dynamodb.conditions import Conflict, refusals
from forge.dynamodb.write import ConditionalWrite
from forge.errors import Contended, StorageUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")

TRANSACTION_ITEMS = 100
_BATCH_ITEMS = 25
_TRIES = 6
_FIRST_PAUSE_SECONDS = 0.015


class Table:
    def __init__(self, client: DynamoDBClient, name: str) -> None:
        self._client = client
        self._name = name

    def get(self, key: Key, *, consistent: bool = True) -> Item | None:
        with unavailable("The table"):
            answer: Any = self._client.get_item(
                TableName=self._name, Key=encode_item(key), ConsistentRead=consistent
            )
        return decode_item(answer["Item"]) if answer.get("Item") else None

    def put(self, item: Item, change: ConditionalWrite | None = None) -> None:
        parameters = change.condition() if change else {}
        self._write(lambda: self._client.put_item(TableName=self._name, Item=encode_item(item), **parameters))

    def update(self, key: Key, change: ConditionalWrite) -> Item:
        """Return the item as the update left it. Raises `ConditionFailed`."""
        answer = self._write(
            lambda: self._client.update_item(
                TableName=self._name, Key=encode_item(key), ReturnValues="ALL_NEW", **change.update()
            )
        )
        return decode_item(answer["Attributes"])

    def delete(self, key: Key, change: ConditionalWrite | None = None) -> Item | None:
        """Return the deleted item."""
        parameters = change.condition() if change else {}
        answer = self._write(
            lambda: self._client.delete_item(
                TableName=self._name, Key=encode_item(key), ReturnValues="ALL_OLD", **parameters
            )
        )
        return decode_item(answer["Attributes"]) if answer.get("Attributes") else None

    def transact(self, writes: Sequence[dict[str, Any]]) -> None:
        """Write all of `writes` (made by the methods below) or none of them. Raises `ConditionFailed`."""
        self._write(lambda: self._client.transact_write_items(TransactItems=list(writes)))  # pyrefly: ignore[bad-argument-type]

    def updating(self, key: Key, change: ConditionalWrite) -> dict[str, Any]:
        return {"Update": {"TableName": self._name, "Key": encode_item(key), **change.update()}}

    def checking(self, key: Key, change: ConditionalWrite) -> dict[str, Any]:
        return {"ConditionCheck": {"TableName": self._name, "Key": encode_item(key), **change.condition()}}

    def putting(self, item: Item, change: ConditionalWrite | None = None) -> dict[str, Any]:
        parameters = change.condition() if change else {}
        return {"Put": {"TableName": self._name, "Item": encode_item(item), **parameters}}

    def deleting(self, key: Key, condition: ConditionalWrite) -> dict[str, Any]:
        return {"Delete": {"TableName": self._name, "Key": encode_item(key), **condition.condition()}}

    def query(self, pk: str, between: tuple[str, str], *, keys_only: bool = False) -> Generator[Item]:
        """Yield the items of a partition in order of `sk`, reading page by page."""
        change = ConditionalWrite().when(
            "pk = :pk", "sk BETWEEN :first AND :last", pk=pk, first=between[0], last=between[1]
        )
        parameters = _as_query(change)
        if keys_only:
            parameters["ProjectionExpression"] = "pk, sk"
        yield from self._pages({**parameters, "ConsistentRead": True})

    def query_index(self, index: str, change: ConditionalWrite) -> Generator[Item]:
        yield from self._pages({"IndexName": index, **_as_query(change)})

    def newest_keys(self, index: str, change: ConditionalWrite, most: int, after: Item | None) -> list[Item]:
        """Return at most `most` members of an index, those with the greatest sort keys first, beginning after the
        member `after`.
        """
        parameters: dict[str, Any] = _as_query(change) | {
            "IndexName": index,
            "Limit": most,
            "ScanIndexForward": False,
        }
        if after is not None:
            parameters["ExclusiveStartKey"] = encode_item(after)
        with unavailable("The table"):
            answer: Any = self._client.query(TableName=self._name, **parameters)
        return [decode_item(item) for item in answer["Items"]]

    def read_many(self, keys: Sequence[Key], *, consistent: bool = True) -> list[Item]:
        """Return the items that exist, in no order. Keys that the service leaves unprocessed are requested again."""
        found: list[Item] = []
        for start in range(0, len(keys), 100):
            rest: Any = [encode_item(key) for key in keys[start : start + 100]]
            for _ in _attempts():
                with unavailable("The table"):
                    answer: Any = self._client.batch_get_item(
                        RequestItems={self._name: {"Keys": rest, "ConsistentRead": consistent}}
                    )
                found += [decode_item(item) for item in answer["Responses"].get(self._name, [])]
                rest = answer.get("UnprocessedKeys", {}).get(self._name, {}).get("Keys")
                if not rest:
                    break
        return found

    def delete_many(self, keys: Iterable[Key]) -> None:
        self._write_many({"DeleteRequest": {"Key": encode_item(key)}} for key in keys)

    def put_many(self, items: Iterable[Item]) -> None:
        """Write without a condition. If this fails, some of the items may have been written."""
        self._write_many({"PutRequest": {"Item": encode_item(item)}} for item in items)

    def _write_many(self, requests: Iterable[dict[str, Any]]) -> None:
        for several in batches(requests, _BATCH_ITEMS):
            rest: Any = several
            for _ in _attempts():
                with unavailable("The table"):
                    answer: Any = self._client.batch_write_item(RequestItems={self._name: rest})
                rest = answer.get("UnprocessedItems", {}).get(self._name)
                if not rest:
                    break

    def _pages(self, parameters: dict[str, Any]) -> Generator[Item]:
        start: dict[str, Any] = {}
        while True:
            with unavailable("The table"):
                answer: Any = self._client.query(TableName=self._name, **parameters, **start)
            yield from (decode_item(item) for item in answer["Items"])
            if not answer.get("LastEvaluatedKey"):
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _write(self, write: Callable[[], Any]) -> Any:
        """Retry a write that conflicts with another transaction; such a write has changed nothing.

        Raises `Contended` after the last conflict: the storage works, but too many writes go to the same items.
        """
        for _ in _attempts(Contended(retry_after=1.0)):
            with suppress(Conflict), unavailable("The table"), refusals():
                return write()
        raise AssertionError  # pragma: no cover


def batches(found: Iterable[T], most: int) -> Generator[list[T]]:
    """Yield the members of `found` in lists of at most `most`."""
    rest = iter(found)
    while several := list(islice(rest, most)):
        yield several


def _as_query(change: ConditionalWrite) -> dict[str, Any]:
    parameters = change.condition()
    del parameters["ReturnValuesOnConditionCheckFailure"]
    return {"KeyConditionExpression": parameters.pop("ConditionExpression"), **parameters}


def _attempts(end: StorageUnavailable | None = None) -> Generator[None]:
    """Yield before each attempt. After the last one, raise `end` (by default `StorageUnavailable`)."""
    for pause in pauses(_FIRST_PAUSE_SECONDS, tries=_TRIES):
        yield
        time.sleep(pause)
    yield
    raise end or StorageUnavailable("The table is overloaded.", retry_after=1.0)

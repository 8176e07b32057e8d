"""Transactions of moto whose cost does not grow with the table.

moto 5.2 copies the whole table once for each item of a transaction, and restores the last copy if one of them fails.
Here only the items that the transaction names are kept and restored.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

_whole = DynamoDBBackend.transact_write_items
_Place = tuple[Table, DynamoType, DynamoType]


def keep_named_items_only() -> None:
    """Tests make no copies of a table in another way, such as backups."""
    Table.__deepcopy__ = lambda self, memo: self  # type: ignore[attr-defined]
    DynamoDBBackend.transact_write_items = _transact_write_items


def _transact_write_items(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
    before = [(place, copy.deepcopy(_item(place))) for place in _places(self, transact_items)]
    try:
        _whole(self, transact_items)
    except Exception:
        for place, item in before:
            _put_back(place, item)
        raise


def _places(backend: DynamoDBBackend, transact_items: Sequence[dict[str, Any]]) -> Iterator[_Place]:
    """Of tables with a hash and a range key, as ours is. What has no whole key is refused by moto."""
    for each in transact_items:
        for write in each.values():
            table = backend.tables.get(write.get("TableName"))
            key = write.get("Key") or write.get("Item") or {}
            if table and table.hash_key_attr in key and table.range_key_attr in key:
                yield table, DynamoType(key[table.hash_key_attr]), DynamoType(key[table.range_key_attr])


def _item(place: _Place) -> Item | None:
    table, partition, sort = place
    return table.items[partition].get(sort) if partition in table.items else None


def _put_back(place: _Place, item: Item | None) -> None:
    table, partition, sort = place
    if item is not None:
        table.items[partition][sort] = item
    elif partition in table.items:
        table.items[partition].pop(sort, None)

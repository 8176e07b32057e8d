"""Stored items in the form that another version or a fault may have left, changed in the table without the
application.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from forge.models.session_key import ANONYMOUS, SessionKey
from forge.store import keys

Attribute = dict[str, Any]
FRACTION: Attribute = {"N": "4102444800.5"}
"""As the end of an item's life this is in the year 2100, so that nothing expires because of it."""
TEXT: Attribute = {"S": "other"}
NESTED: Attribute = {"M": {"sizes": {"NS": ["1", "2.5"]}, "blobs": {"BS": [b"\x00\xff"]}}}


@dataclass(frozen=True, slots=True)
class Spoiling:
    """A change of one attribute in each of some items."""

    sort_key: str
    """The beginning of the items' sort keys."""
    attribute: str
    """The attribute's name."""
    value: Attribute | None = None
    """The new value in DynamoDB's JSON form; None removes the attribute."""
    partition: str = ""
    """The partition key, for items that are not a session's own."""

    @property
    def name(self) -> str:
        what = "missing" if self.value is None else f"of another form ({next(iter(self.value))})"
        return f"{self.partition or self.sort_key}: {self.attribute} is {what}"


NEWER: tuple[Spoiling, ...] = (
    Spoiling("", "of_the_future", NESTED),
    Spoiling("", "share_of_the_future", FRACTION),
)
"""Attributes that a newer version may have added to every item; `Items.add_unknown` adds an item of a new kind."""


@dataclass(frozen=True, slots=True)
class Items:
    """Changes stored items without the application."""

    dynamodb: Any
    """The boto3 client."""
    table: str
    """The table's name."""

    def spoil(self, ref: str, spoilings: Sequence[Spoiling]) -> int:
        """Return how many attributes were changed."""
        return sum(self._spoil(spoiling, self._keys(ref, spoiling)) for spoiling in spoilings)

    def renew(self, ref: str) -> None:
        """Change the items as a newer version would leave the session."""
        self.add_unknown(ref)
        self.spoil(ref, NEWER)

    def add_unknown(self, ref: str) -> None:
        key = {"pk": {"S": _partition(ref)}, "sk": {"S": "hologram#1"}}
        self.dynamodb.put_item(TableName=self.table, Item={**key, "shape": NESTED, "expires_at": FRACTION})

    def attributes(self, ref: str, sort_key: str) -> set[str]:
        """Return the names of an item's attributes."""
        return {name for item in self._items(_partition(ref), sort_key) for name in item}

    def _keys(self, ref: str, spoiling: Spoiling) -> list[dict[str, Any]]:
        items = self._items(spoiling.partition or _partition(ref), spoiling.sort_key)
        return [{"pk": item["pk"], "sk": item["sk"]} for item in items]

    def _items(self, partition: str, sort_key: str) -> list[dict[str, Any]]:
        found = self.dynamodb.query(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
            ConsistentRead=True,
        )["Items"]
        return [item for item in found if item["sk"]["S"].startswith(sort_key)]

    def _spoil(self, spoiling: Spoiling, found: Sequence[dict[str, Any]]) -> int:
        """An item that was deleted in the meantime is not created again."""
        changed = 0
        for key in found:
            try:
                self.dynamodb.update_item(TableName=self.table, Key=key, **_change(spoiling))
                changed += 1
            except ClientError as error:
                if error.response["Error"]["Code"] != "ConditionalCheckFailedException":  # type: ignore[typeddict-item]
                    raise
        return changed


def _partition(ref: str) -> str:
    return keys.partition(SessionKey(ANONYMOUS, ref))


def _change(spoiling: Spoiling) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "ConditionExpression": "attribute_exists(pk)",
        "ExpressionAttributeNames": {"#name": spoiling.attribute},
    }
    if spoiling.value is None:
        return {**fields, "UpdateExpression": "REMOVE #name"}
    values = {":value": spoiling.value}
    return {**fields, "UpdateExpression": "SET #name = :value", "ExpressionAttributeValues": values}

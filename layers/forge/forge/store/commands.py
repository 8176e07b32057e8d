"""Tool calls outside a conversation, and the catalog that the workers publish."""

from __future__ import annotations

import uuid
import zlib
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel

from forge.dynamodb.codec import Item
from forge.dynamodb.conditions import ConditionFailed
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.models.run import ToolCommand
from forge.models.session import Catalog
from forge.ports.clock import Clock
from forge.store import keys
from forge.store.config import COMMAND_SECONDS
from forge.store.stored.lenient_reading import lenient
from forge.store.stored.session_lifetime import alive
from forge.store.stored.unreadable_items import note_unreadable

M = TypeVar("M", bound=BaseModel)

_CATALOG = keys.single("catalog", "current")


@dataclass(frozen=True, slots=True)
class TableCommands:
    table: Table
    """The DynamoDB table."""
    clock: Clock
    """The time in epoch milliseconds."""

    def put(self, command: ToolCommand) -> None:
        self.table.put(
            {
                **keys.single("command", command.command_id),
                "body": zlib.compress(command.model_dump_json().encode()),
                "expires_at": self.clock() // 1_000 + COMMAND_SECONDS,
            }
        )

    def get(self, command_id: str) -> ToolCommand | None:
        item = self.table.get(keys.single("command", command_id))
        if item is None or not alive(item, self.clock()):
            return None
        return _unpacked(ToolCommand, item)

    def begin(self, command_id: str) -> tuple[ToolCommand, bool] | None:
        """The AWS client repeats the write if its response was lost. The repeat must recognise it."""
        mark = uuid.uuid4().hex
        change = ConditionalWrite().set(begun=True, begun_by=mark)
        change.when("attribute_exists(pk)", "attribute_not_exists(begun)")
        try:
            item, is_first = self.table.update(keys.single("command", command_id), change), True
        except ConditionFailed as refused:
            item = refused.item
            is_first = item is not None and item.get("begun_by") == mark
        if item is None or not alive(item, self.clock()):
            return None
        command = _unpacked(ToolCommand, item)
        return (command, is_first) if command else None

    def publish(self, catalog: Catalog) -> None:
        """The catalog does not expire, so that a deployment whose workers are stopped still knows its tools."""
        self.table.put({**_CATALOG, "body": zlib.compress(catalog.model_dump_json().encode())})

    def catalog(self) -> Catalog | None:
        """A worker of another version may have published the catalog. What this version does not understand is left
        out.
        """
        item = self.table.get(_CATALOG, consistent=False)
        return _unpacked(Catalog, item) if item else None


def _unpacked(model: type[M], item: Item) -> M | None:
    try:
        found = lenient(model, zlib.decompress(item["body"]))
    except (KeyError, TypeError, zlib.error):
        found = None
    if found is None:
        note_unreadable(item)
    return found

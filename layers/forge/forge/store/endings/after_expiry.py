"""The end of a generation: DynamoDB has removed its hot item, and this module deletes its children."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forge.dynamodb.codec import Item, decode, decode_item
from forge.dynamodb.conditions import ConditionFailed
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.models.session_key import SessionKey
from forge.ports.clock import Clock
from forge.store import keys
from forge.store.controls import connections_of
from forge.store.stored.delete_session_items import delete_children
from forge.store.stored.lenient_reading import plain
from forge.store.stored.session_lifetime import alive
from forge.store.stored.unanswered_runs import unanswered


@dataclass(frozen=True, slots=True)
class TableExpiry:
    table: Table
    """The DynamoDB table."""
    clock: Clock
    """The time in epoch milliseconds."""

    def expire(self, key: SessionKey, generation: int) -> frozenset[str]:
        """A session that has begun anew keeps its control item, because its connections follow the newer generation."""
        delete_children(self.table, key, generation)
        if alive(self.table.get(keys.hot(key)), self.clock()):
            return frozenset()
        control = self.table.get(keys.control(key))
        if control is None:
            return frozenset()
        with contextlib.suppress(ConditionFailed):
            self.table.delete(keys.control(key), _same_connections(control))
        return connections_of(control)


def stream_key(record: Mapping[str, Any]) -> tuple[SessionKey, int] | None:
    """Return session and generation of a removed hot item, from a record of the table's stream; else `None`.

    The generation is 0 if the item had none; then the children are removed when they expire themselves.
    """
    image: Mapping[str, Any] = record.get("dynamodb", {}).get("OldImage", {})
    if record.get("eventName") != "REMOVE" or image.get("sk") != {"S": keys.HOT}:
        return None
    generation = decode(image.get("generation", {"NULL": True}))
    return keys.session_of_partition(decode(image["pk"])), plain(generation, int, 0)


def unanswered_of(record: Mapping[str, Any]) -> int:
    """Return the number of accepted runs that ended with a removed hot item."""
    return unanswered(decode_item(record["dynamodb"]["OldImage"]))


def _same_connections(control: Item) -> ConditionalWrite:
    """A connection that has joined since the read waits for a new session, so the control item must stay."""
    if "connections" in control:
        return ConditionalWrite().when("connections = :seen", seen=control["connections"])
    return ConditionalWrite().when("attribute_not_exists(connections)")

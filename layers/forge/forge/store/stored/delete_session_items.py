"""Deleting the children of a session that has ended: its messages, LLM history, tool calls and streaming text."""

from __future__ import annotations

from collections.abc import Iterator

from forge.dynamodb.table import Table
from forge.models.session import Session
from forge.models.session_key import SessionKey
from forge.store import keys
from forge.store.stored.lenient_reading import plain

KINDS = ("message", "entry", "call", "text")


def delete_children(table: Table, key: SessionKey, generation: int) -> None:
    """Delete the children of `generation` and of all older ones."""
    table.delete_many(_children(table, key, generation))


def delete_late_children(table: Table, session: Session) -> None:
    """If the session was deleted or removed since it was read, delete what was written after `delete_children`.

    No clock decides this, because one that is ahead would take a session that lives for an expired one. What an expired
    session leaves is deleted when DynamoDB removes its item.
    """
    if _is_gone(table, session):
        for child in _children(table, session.key, session.generation):
            table.delete(child)


def _is_gone(table: Table, session: Session) -> bool:
    """A deletion marks the control item before it deletes children, so a child that it has missed was written when the
    mark was there already, or is there when this looks.
    """
    item = table.get(keys.hot(session.key))
    if item is None or plain(item.get("generation"), int, session.generation) > session.generation:
        return True
    control = table.get(keys.control(session.key)) or {}
    return plain(control.get("deleted"), int, 0) >= session.generation


def _children(table: Table, key: SessionKey, generation: int) -> Iterator[keys.Key]:
    pk = keys.partition(key)
    for kind in KINDS:
        found = table.query(pk, keys.children_range(kind, generation), keys_only=True)
        yield from ({"pk": item["pk"], "sk": item["sk"]} for item in found)

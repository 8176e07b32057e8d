"""Deleting the children of a session that has ended: its messages, LLM history, tool calls and streaming text."""

from __future__ import annotations

from collections.abc import Iterator

from forge.dynamodb.table import Table
from forge.models.ids import SessionKey
from forge.models.session import Session
from forge.store import keys
from forge.store.stored.lenient_reading import plain
from forge.store.stored.session_lifetime import alive

KINDS = ("message", "entry", "call", "text")


def delete_children(table: Table, key: SessionKey, generation: int) -> None:
    """Delete the children of `generation` and of all older ones."""
    table.delete_many(_children(table, key, generation))


def delete_late_children(table: Table, session: Session, now: int) -> None:
    """If the session has ended since it was read, delete what was written after `delete_children`."""
    item = table.get(keys.hot(session.key))
    is_same = plain((item or {}).get("generation"), int, session.generation) == session.generation
    if is_same and alive(item, now):
        return
    for child in _children(table, session.key, session.generation):
        table.delete(child)


def _children(table: Table, key: SessionKey, generation: int) -> Iterator[keys.Key]:
    pk = keys.partition(key)
    for kind in KINDS:
        found = table.query(pk, keys.children_range(kind, generation), keys_only=True)
        yield from ({"pk": item["pk"], "sk": item["sk"]} for item in found)

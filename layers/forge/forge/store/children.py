"""What a generation leaves: its messages, LLM history, journal, and the text that streamed last."""

from __future__ import annotations

from forge.dynamodb.table import Table
from forge.models.ids import SessionKey
from forge.store import keys

KINDS = ("message", "entry", "call", "text")


def delete_children(table: Table, key: SessionKey, generation: int) -> None:
    """Delete the children of `generation` and of all older ones."""
    pk = keys.partition(key)
    for kind in KINDS:
        table.delete_many(table.query(pk, keys.children_range(kind, generation), keys_only=True))

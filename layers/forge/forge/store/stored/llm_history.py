"""The LLM history: one compressed item for each serialized LLM message, in chunks if it is large."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from itertools import groupby

from forge.dynamodb.codec import Item
from forge.dynamodb.table import Table
from forge.models.session import Session
from forge.store import keys
from forge.store.stored.unreadable_items import note_unreadable

CHUNK_BYTES = 300_000


def chunks(data: bytes) -> list[bytes]:
    packed = zlib.compress(data)
    return [packed[start : start + CHUNK_BYTES] for start in range(0, len(packed), CHUNK_BYTES)]


def entry_items(session: Session, entries: Sequence[bytes], expires_at: int) -> list[Item]:
    """Return the items of the entries that follow those of the session; the head of an entry counts its chunks."""
    return [
        {
            **keys.entry(session.key, session.generation, session.history + offset, number),
            "entry_index": session.history + offset,
            "body": body,
            "chunks": len(bodies),
            "expires_at": expires_at,
        }
        for offset, data in enumerate(entries)
        for bodies in [chunks(data)]
        for number, body in enumerate(bodies)
    ]


def read_entries(table: Table, session: Session, start: int) -> list[bytes]:
    """Return the entries from number `start` on, as many as the session counts. An entry that cannot be read is
    empty.
    """
    if start >= session.history:
        return []
    between = keys.entry_range(session.generation, start, session.history)
    items = table.query(keys.partition(session.key), between)
    found = {index: _join(list(group)) for index, group in groupby(items, key=_index)}
    return [found.get(index, b"") for index in range(start, session.history)]


def _index(item: Item) -> int:
    return int(item["sk"].split("#")[2])


def _join(group: list[Item]) -> bytes:
    """Ignore chunks beyond the head's count; an earlier attempt has left them."""
    try:
        count = group[0].get("chunks", len(group))
        return zlib.decompress(b"".join(item["body"] for item in group[:count]))
    except (KeyError, TypeError, zlib.error) as error:
        note_unreadable(group[0], error)
        return b""

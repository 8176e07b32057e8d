"""The LLM history: one compressed item for each serialized LLM message, large ones in chunks."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from itertools import groupby

from forge.models.session import HotSession
from forge.store import keys
from forge.store.codec import Item
from forge.store.table import Table

CHUNK_BYTES = 300_000


def chunks(data: bytes) -> list[bytes]:
    packed = zlib.compress(data)
    return [packed[start : start + CHUNK_BYTES] for start in range(0, len(packed), CHUNK_BYTES)]


def entry_items(session: HotSession, entries: Sequence[bytes], expires_at: int) -> list[Item]:
    """Items of the entries that follow what the session has; a head counts its chunks."""
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


def read_entries(table: Table, session: HotSession) -> list[bytes]:
    """From the session's `history_start` on."""
    if not session.history:
        return []
    between = keys.entry_range(session.generation, session.history_start, session.history)
    items = table.query(keys.partition(session.key), between)
    return [_join(list(group)) for _, group in groupby(items, key=lambda item: item["entry_index"])]


def _join(group: list[Item]) -> bytes:
    """Chunks beyond the head's count are left over from an earlier attempt."""
    return zlib.decompress(b"".join(item["body"] for item in group[: group[0]["chunks"]]))

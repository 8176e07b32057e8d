"""The end of a streaming text, in an item of its own, so that a renewal of the lease writes only a small hot item.

Each generation has one such item, which is overwritten as the text grows. It is valid only if its fence, message and
offset are those of the active run; otherwise an earlier attempt or message has left it.
"""

from __future__ import annotations

import zlib

from forge.dynamodb.conditions import ConditionFailed
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.errors import LeaseLost
from forge.models.session import Session
from forge.models.work import Lease
from forge.store import keys
from forge.store.stored.unreadable_items import note_unreadable

TAIL_SECONDS = 3_600
"""Life of the item, longer than the time between two flushes of a run."""


def put_tail(table: Table, lease: Lease, text: str, now: int) -> None:
    """Raises `LeaseLost` if a later attempt has stored text here."""
    session = lease.session
    item = {
        **keys.text(session.key, session.generation),
        "fence": lease.fence,
        "seq": session.text_seq,
        "base": session.active.text_base if session.active else 0,
        "body": zlib.compress(text.encode()),
        "expires_at": now // 1_000 + TAIL_SECONDS,
    }
    not_later = ConditionalWrite().when("attribute_not_exists(pk) OR fence <= :fence", fence=lease.fence)
    try:
        table.put(item, not_later)
    except ConditionFailed:
        raise LeaseLost from None


def tail_of(table: Table, session: Session) -> str:
    """An older version stored this text in the hot item."""
    active = session.active
    if active is None or active.text:
        return active.text if active else ""
    item = table.get(keys.text(session.key, session.generation)) or {}
    streamed_under = active.fence - (active.stop_fence == active.fence)
    place = (streamed_under, session.text_seq, active.text_base)
    if (item.get("fence"), item.get("seq"), item.get("base")) != place:
        return ""
    try:
        return zlib.decompress(item["body"]).decode()
    except (KeyError, TypeError, ValueError, zlib.error) as error:
        note_unreadable(item, error)
        return ""

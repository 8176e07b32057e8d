"""Telling of stored items that cannot be read: which kind, and whose by a digest (a session's key lets one use it)."""

from __future__ import annotations

import logging

from forge.dynamodb.codec import Item
from forge.models.ids import key_digest
from forge.observability import record

logger = logging.getLogger(__name__)


def note_unreadable(item: Item, error: BaseException | None = None) -> None:
    """Counted and logged, so that an operator hears of it; never the contents."""
    cause = error.__cause__ or error if error else None
    record("ItemsUnreadable")
    logger.warning(
        "stored item not readable",
        extra={
            "item": str(item.get("sk", "")).partition("#")[0],
            "key_digest": key_digest(str(item.get("pk", ""))),
            "reason": type(cause).__name__ if cause else "form",
        },
    )

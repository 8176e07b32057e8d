"""Reports stored items that cannot be read: their kind, and a digest of the session's key, because the key itself
gives access.
"""

from __future__ import annotations

import logging

from forge.dynamodb.codec import Item
from forge.models.session_key import key_digest
from forge.observability import record

logger = logging.getLogger(__name__)


def note_unreadable(item: Item, error: BaseException | None = None) -> None:
    """Count and log the item, so that an operator learns of it, but never log its contents."""
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

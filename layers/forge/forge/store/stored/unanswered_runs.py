"""Accepted runs whose session ended before they had an outcome. They are counted and logged."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from forge.models.session_key import SessionKey
from forge.observability import record
from forge.store.stored.lenient_reading import plain

logger = logging.getLogger(__name__)


def unanswered(item: Mapping[str, Any]) -> int:
    """Return how many runs the hot item of an ended session still has."""
    inbox: list[Any] = plain(item.get("inbox_order"), list, [])
    return len(inbox) + ("active_id" in item)


def note_unanswered(key: SessionKey, count: int) -> None:
    if count:
        record("RunsExpired", count)
        fields = {"runs": count, "key_digest": key.digest}
        logger.error("runs expired unanswered", extra=fields)

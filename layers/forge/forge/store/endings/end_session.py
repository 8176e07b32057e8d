"""Ending a session at once: what its hot item becomes, and how its run is told."""

from __future__ import annotations

from forge.dynamodb.codec import Item
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.models.session_key import SessionKey
from forge.store import keys
from forge.store.config import CLOCK_MARGIN_SECONDS, CONTROL_SECONDS
from forge.store.stored.session_item import ACTIVE_ATTRIBUTES, WORK_ATTRIBUTES

_PERSONAL = ("title", "wallet", "asks", "strangers", "doubts", "owned_by")


def ended(now: int) -> ConditionalWrite:
    """Return the change that ends the session. An expired item remains, so that `rev` and `fence` keep growing, until
    DynamoDB removes it.
    """
    return (
        ConditionalWrite()
        .set(inbox={}, inbox_order=[], recent={}, recent_order=[], approvals=[], logged=0, history_count=0)
        .set(used_hashes=[])
        .set(expires_at=ended_at(now))
        .assign("rev = rev + :one", "fence = fence + :one", one=1)
        .remove(*ACTIVE_ATTRIBUTES, *WORK_ATTRIBUTES, *_PERSONAL)
        .when("expires_at > :seconds", seconds=now // 1_000)
    )


def ended_at(now: int) -> int:
    """Return an end that has also passed for functions whose clock is slow."""
    return now // 1_000 - CLOCK_MARGIN_SECONDS


def tell_run(table: Table, key: SessionKey, generation: int, now: int) -> Item:
    """Tell the run to stop and return the control item.

    Every attribute that is written here is replaced as a whole, so this also works on a damaged control item.
    """
    change = ConditionalWrite().set(deleted=generation, expires_at=now // 1_000 + CONTROL_SECONDS)
    return table.update(keys.control(key), change)

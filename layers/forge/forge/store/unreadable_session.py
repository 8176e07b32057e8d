"""Stopping a session whose hot item cannot be read: nothing here looks at what may be broken."""

from __future__ import annotations

from forge.dynamodb.conditions import ConditionFailed
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.models.ids import SessionKey
from forge.store import keys
from forge.store.config import StoreConfig
from forge.store.session_item import ACTIVE_ATTRIBUTES, WORK_ATTRIBUTES, new_item


def stop_unreadable(table: Table, config: StoreConfig, now: int, key: SessionKey) -> None:
    """Its work ends: the fence moves, so a worker that still holds the run writes nothing more."""
    old = table.get(keys.hot(key))
    if old is None:
        return
    after = new_item(key, now, old)
    change = (
        ConditionalWrite()
        .set(inbox={}, inbox_order=[], fence=after["fence"], rev=after["rev"])
        .remove(*ACTIVE_ATTRIBUTES, *WORK_ATTRIBUTES)
        .when("attribute_exists(pk)")
    )
    if type(old.get("expires_at")) is not int:
        change.set(expires_at=config.session_end(now))
    try:
        table.update(keys.hot(key), change)
    except ConditionFailed:
        return

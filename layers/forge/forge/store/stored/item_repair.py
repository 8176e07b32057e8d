"""Repairing a hot item that lacks attributes that a change needs, before the change is tried again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from forge.dynamodb.codec import Item
from forge.dynamodb.conditions import ConditionFailed, Unfit
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.models.session_key import SessionKey
from forge.store import keys
from forge.store.stored.item_schema import Defaults, missing_attributes

R = TypeVar("R")


def whole(item: Item) -> Item:
    """Return the item if a change can be computed from it. Raises `Unfit`, `SessionUnreadable`."""
    if missing_attributes(item, Defaults()):
        raise Unfit
    return item


def mended(table: Table, key: SessionKey, defaults: Defaults, action: Callable[[], R]) -> R:
    """Return the result of `action`. If the item lacks attributes, write their defaults and call `action` again.

    Raises `SessionUnreadable` if a missing attribute has no default.
    """
    try:
        return action()
    except Unfit as unfit:
        if not _mend(table, key, defaults):
            raise unfit.__cause__ or unfit from None
    return action()


def _mend(table: Table, key: SessionKey, defaults: Defaults) -> bool:
    """Return whether an attribute was missing. Each one is written only if it has not changed since it was read."""
    item = table.get(keys.hot(key))
    missing = missing_attributes(item, defaults) if item else {}
    if item is None or not missing:
        return False
    change = ConditionalWrite()
    for name, value in missing.items():
        change.remove(name) if value is None else change.set(**{name: value})
        if name in item:
            change.when(f"{name} = :seen_{name}", **{f"seen_{name}": item[name]})
        else:
            change.when(f"attribute_not_exists({name})")
    try:
        table.update(keys.hot(key), change)
    except ConditionFailed:
        return True
    return True

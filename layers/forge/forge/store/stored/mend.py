"""Repairing a hot item that lacks what a change needs, before the change is tried once more."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from forge.dynamodb.codec import Item
from forge.dynamodb.conditions import ConditionFailed, Unfit
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.models.ids import SessionKey
from forge.store import keys
from forge.store.stored.shape import Defaults, lacking

R = TypeVar("R")


def whole(item: Item) -> Item:
    """The item itself, when a change can be computed from it. Raises `Unfit`, `SessionUnreadable`."""
    if lacking(item, Defaults()):
        raise Unfit
    return item


def mended(table: Table, key: SessionKey, defaults: Defaults, action: Callable[[], R]) -> R:
    """What `action` returns; when the item lacks what that needs, it gets the defaults and `action` is called again.

    Raises `SessionUnreadable` when nothing can stand for what is missing.
    """
    try:
        return action()
    except Unfit as unfit:
        if not _mend(table, key, defaults):
            raise unfit.__cause__ or unfit from None
    return action()


def _mend(table: Table, key: SessionKey, defaults: Defaults) -> bool:
    """Whether anything was lacking. Each attribute is written only if it is still as it was seen."""
    item = table.get(keys.hot(key))
    missing = lacking(item, defaults) if item else {}
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

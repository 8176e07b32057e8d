"""The form of the stored hot item: the type of each attribute, and the default for a missing one.

Another version of this program, or a fault, may have left an item without an attribute or with one of another type.
Attributes with a default are completed when the item is read, and the next change writes them into the item
(`item_repair.mended`).
If an attribute without a default is missing, only this session fails: `SessionUnreadable`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from forge.dynamodb.codec import Item
from forge.errors import SessionUnreadable
from forge.settings import Settings

_DAY_SECONDS = 86_400
_NETWORK = str(Settings.model_fields["default_network"].default)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a default may be computed from."""

    now: int = 0
    """The time in epoch milliseconds."""
    network: str = _NETWORK
    """The network of a new session."""


Default = Callable[[Item, Defaults], Any]


@dataclass(frozen=True, slots=True)
class Attribute:
    """The form of one attribute."""

    kind: type
    """The attribute's type."""
    default: Default | None = None
    """Computes the default; None: a missing attribute makes the session unreadable."""
    is_replaceable: bool = False
    """Whether the default may overwrite a value of another type."""


def _in_order_of_acceptance(item: Item, _: Defaults) -> list[str]:
    inbox: dict[str, Any] = item.get("inbox") or {}
    return sorted(inbox, key=lambda run_id: inbox[run_id].get("created_at", 0))


def _keys_of_recent(item: Item, _: Defaults) -> list[str]:
    recent = item.get("recent")
    return list(cast("dict[str, Any]", recent)) if isinstance(recent, dict) else []


def _always(value: Any) -> Default:
    return lambda item, defaults: value


def _now(_: Item, defaults: Defaults) -> int:
    return defaults.now


SESSION: Mapping[str, Attribute] = {
    "generation": Attribute(int),
    "logged": Attribute(int),
    "history_count": Attribute(int),
    "inbox": Attribute(dict, _always({})),
    "inbox_order": Attribute(list, _in_order_of_acceptance),
    "rev": Attribute(int, _now, is_replaceable=True),
    "fence": Attribute(int, _now, is_replaceable=True),
    "network": Attribute(str, lambda item, defaults: defaults.network),
    "expires_at": Attribute(
        int, lambda item, defaults: defaults.now // 1_000 + _DAY_SECONDS, is_replaceable=True
    ),
    "approvals": Attribute(list, _always([]), is_replaceable=True),
    "recent": Attribute(dict, _always({}), is_replaceable=True),
    "recent_order": Attribute(list, _keys_of_recent, is_replaceable=True),
    "tokens": Attribute(int, _always(0), is_replaceable=True),
    "tat": Attribute(int, _now, is_replaceable=True),
    "created_at": Attribute(int, _now, is_replaceable=True),
    "last_activity_at": Attribute(int, _now, is_replaceable=True),
}
"""Every hot item has these. `rev` and `fence` only have to grow, and the clock has counted further than their writes.
"""

RUN: Mapping[str, Attribute] = {
    "active": Attribute(dict),
    "input_logged": Attribute(bool),
    "attempt": Attribute(int, _always(1), is_replaceable=True),
    "worker": Attribute(str, _always(""), is_replaceable=True),
    "claim": Attribute(str, _always(""), is_replaceable=True),
    "lease_until": Attribute(int, _always(0), is_replaceable=True),
    "started_at": Attribute(int, _now, is_replaceable=True),
    "streamed": Attribute(str, _always(""), is_replaceable=True),
    "text_base": Attribute(int, _always(0), is_replaceable=True),
    "text_parts": Attribute(int, _always(0), is_replaceable=True),
    "shown_results": Attribute(list, _always([]), is_replaceable=True),
}
"""A hot item with an `active_id` has these."""

OPTIONAL: Mapping[str, Attribute] = {
    "active_id": Attribute(str),
    "used_hashes": Attribute(list),
    "doubts": Attribute(list, _always(["something"]), is_replaceable=True),
    "spent": Attribute(int),
    "asks": Attribute(list, _always(None), is_replaceable=True),
    "strangers": Attribute(list, _always(["something"]), is_replaceable=True),
    "withdrawn": Attribute(list, _always(None), is_replaceable=True),
    "title": Attribute(str, _always(None), is_replaceable=True),
    "chain_wait": Attribute(str, _always(None), is_replaceable=True),
    "alone": Attribute(bool, _always(None), is_replaceable=True),
    **dict.fromkeys(
        ("put_back_at", "strikes", "mark", "claimed_at", "lived", "history_base", "stop_fence"),
        Attribute(int, _always(None), is_replaceable=True),
    ),
}
"""A hot item may have these. A default of `None` means that an attribute of another type counts as absent."""


def missing_attributes(item: Item, defaults: Defaults) -> Item:
    """Return the attributes that are missing or must be replaced, with their defaults. Raises `SessionUnreadable`."""
    expected = {**SESSION, **RUN} if "active_id" in item else SESSION
    found: Item = {}
    for name, attribute in expected.items():
        if name not in item or type(item[name]) is not attribute.kind:
            found[name] = _default(item, name, attribute, defaults)
    for name, attribute in OPTIONAL.items():
        if name in item and type(item[name]) is not attribute.kind:
            found[name] = _default(item, name, attribute, defaults)
    return found


def completed(item: Item) -> Item:
    """Return the item with its missing attributes completed. Raises `SessionUnreadable`."""
    missing = missing_attributes(item, Defaults())
    whole = {**item, **missing} if missing else item
    return {name: value for name, value in whole.items() if value is not None}


def _default(item: Item, name: str, attribute: Attribute, defaults: Defaults) -> Any:
    if attribute.default is None or (name in item and not attribute.is_replaceable):
        raise SessionUnreadable
    try:
        return attribute.default(item, defaults)
    except (AttributeError, TypeError) as error:
        raise SessionUnreadable from error

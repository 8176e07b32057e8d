"""The form of the stored hot item: the kind of each attribute, and what stands for one that is missing.

Another version of this program, or a fault, may have left an item without an attribute or with one of another kind.
What has a default is completed when the item is read, and written into the item by the next change (`mend`). What
nothing can stand for costs its own session only: `SessionUnreadable`.
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
    """What a default may be made from. `now`: epoch milliseconds."""

    now: int = 0
    network: str = _NETWORK


Default = Callable[[Item, Defaults], Any]


@dataclass(frozen=True, slots=True)
class Attribute:
    """`default` None: nothing can stand for it. `is_replaceable`: a value of another kind may be overwritten."""

    kind: type
    default: Default | None = None
    is_replaceable: bool = False


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
"""Every hot item has these. `rev` and `fence` only have to grow, and the clock has counted more than their writes."""

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
    "spent": Attribute(int),
    "asks": Attribute(list, _always(None), is_replaceable=True),
    "strangers": Attribute(list, _always(["something"]), is_replaceable=True),
    "withdrawn": Attribute(list, _always(None), is_replaceable=True),
    "title": Attribute(str, _always(None), is_replaceable=True),
    "chain_wait": Attribute(str, _always(None), is_replaceable=True),
    **dict.fromkeys(
        ("put_back_at", "strikes", "mark", "claimed_at", "lived", "history_base"),
        Attribute(int, _always(None), is_replaceable=True),
    ),
}
"""A hot item may have these; a default of `None` means that one of another kind counts as absent."""


def lacking(item: Item, defaults: Defaults) -> Item:
    """The attributes that are missing or to be replaced, with their defaults. Raises `SessionUnreadable`."""
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
    """The item as it may be read. Raises `SessionUnreadable`."""
    missing = lacking(item, Defaults())
    whole = {**item, **missing} if missing else item
    return {name: value for name, value in whole.items() if value is not None}


def _default(item: Item, name: str, attribute: Attribute, defaults: Defaults) -> Any:
    if attribute.default is None or (name in item and not attribute.is_replaceable):
        raise SessionUnreadable
    try:
        return attribute.default(item, defaults)
    except (AttributeError, TypeError) as error:
        raise SessionUnreadable from error

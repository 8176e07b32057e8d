"""The states in which an older version, a newer one, or a fault may have left a stored item."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

Attribute = dict[str, Any]
Stored = dict[str, Attribute]
"""An item as DynamoDB holds it."""

Damage = Callable[[Stored], Stored]
KEYS = frozenset({"pk", "sk", "work_shard", "work_due"})
"""DynamoDB itself keeps the kinds of the attributes that are keys."""

OTHERS: Mapping[str, Attribute] = {
    "a text": {"S": "other"},
    "a number": {"N": "7"},
    "a fraction": {"N": "1.5"},
    "a huge number": {"N": "1E+100"},
    "a negative number": {"N": "-3"},
    "a truth": {"BOOL": True},
    "nothing": {"NULL": True},
    "bytes": {"B": b"\x00\xff"},
    "a list": {"L": [{"N": "0.5"}, {"S": "x"}]},
    "an empty list": {"L": []},
    "a map": {"M": {"x": {"NS": ["1", "2.5"]}}},
    "texts": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2.5"]},
    "blobs": {"BS": [b"a"]},
}


def dropped(name: str) -> Damage:
    return lambda item: {each: value for each, value in item.items() if each != name}


def replaced(name: str, value: Attribute) -> Damage:
    return lambda item: {**item, name: value}


def wrapped(name: str) -> Damage:
    return lambda item: {**item, name: {"L": [item[name]]}} if name in item else item


def damages(names: list[str]) -> st.SearchStrategy[tuple[str, Damage]]:
    """Of one attribute, an unknown one included; the text names the member."""
    name = st.sampled_from(sorted({*names, "from_the_future"} - KEYS))
    attribute = st.recursive(
        st.sampled_from(list(OTHERS.values())),
        lambda inner: st.builds(lambda a, b: {"M": {"x": a, "y": {"L": [b]}}}, inner, inner),
        max_leaves=4,
    )
    return st.one_of(
        name.map(lambda each: (f"without {each}", dropped(each))),
        name.map(lambda each: (f"{each} in a list", wrapped(each))),
        st.builds(lambda each, value: (f"{each}: {value}", replaced(each, value)), name, attribute),
    )

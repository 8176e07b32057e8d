"""Request units of DynamoDB on demand, computed from items as the service's documentation says.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html (what a unit is)
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html (how large an item is)
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

TypedItem = Mapping[str, Mapping[str, Any]]
"""Return the item as it is sent: each value under the name of its type."""

WRITE_BYTES = 1_024
READ_BYTES = 4_096
_CONTAINER = 3
"""Bytes of a list or a map in addition to its contents."""
_ELEMENT = 1
"""Bytes of each element of a list or a map in addition to the element itself."""


def item_size(item: TypedItem | None) -> int:
    return sum(_text(name) + _value_size(value) for name, value in (item or {}).items())


def write_units(before: int, after: int) -> int:
    """A write is billed by the larger of both sizes, even if its condition refuses it."""
    return max(1, -(-max(before, after) // WRITE_BYTES))


def read_units(size: int, *, consistent: bool) -> float:
    return max(1, -(-size // READ_BYTES)) * (1.0 if consistent else 0.5)


def index_units(before: TypedItem | None, after: TypedItem | None, partition: str, sort: str) -> int:
    """In an index with keys only, an entry that is added or removed is one write, and a changed key is two."""
    was, now = _entry(before, partition, sort), _entry(after, partition, sort)
    return 0 if was == now else (was is not None) + (now is not None)


def _entry(item: TypedItem | None, partition: str, sort: str) -> Any:
    return (item[partition], item[sort]) if item and partition in item and sort in item else None


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    return _SIZES[kind](content)


def _text(text: str) -> int:
    return len(text.encode())


def _number(text: str) -> int:
    """One byte for two digits, and one more."""
    return len(text.strip("-").replace(".", "").strip("0")) // 2 + 1 + text.startswith("-")


def _bytes(content: bytes | str) -> int:
    return len(content) if isinstance(content, bytes) else len(base64.b64decode(content))


def _list(content: list[Mapping[str, Any]]) -> int:
    return _CONTAINER + sum(_ELEMENT + _value_size(each) for each in content)


def _map(content: TypedItem) -> int:
    return _CONTAINER + len(content) * _ELEMENT + item_size(content)


_SIZES: dict[str, Callable[[Any], int]] = {
    "S": _text,
    "N": _number,
    "B": _bytes,
    "BOOL": lambda _: 1,
    "NULL": lambda _: 1,
    "L": _list,
    "M": _map,
    "SS": lambda texts: sum(map(_text, texts)),
    "NS": lambda numbers: sum(map(_number, numbers)),
    "BS": lambda contents: sum(map(_bytes, contents)),
}

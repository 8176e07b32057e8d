"""Convert plain values to DynamoDB's typed JSON and back.

The store writes str, int, bool, bytes, None, list, dict and sets of str. Every other DynamoDB type (fractional
numbers, sets of numbers or of bytes) is decoded too, because another version of this program may have written it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

Item = dict[str, Any]
"""A decoded item."""
Key = dict[str, Any]
"""The attributes of an item's key."""


def encode(value: Any) -> dict[str, Any]:
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case int() | Decimal():
            return {"N": str(value)}
        case str():
            return {"S": value}
        case bytes():
            return {"B": value}
        case set() | frozenset():
            return _encoded_set(cast("frozenset[Any]", value))
        case list() | tuple():
            return {"L": [encode(part) for part in value]}  # pyrefly: ignore[unknown-variable-type, unknown-argument-type]
        case dict():
            return {"M": encode_item(value)}
        case _:
            raise TypeError(f"cannot be stored: {type(value).__name__}")


def decode(attribute: Mapping[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            return _number(value)
        case "L":
            return [decode(part) for part in value]
        case "M":
            return decode_item(value)
        case "SS" | "BS":
            return frozenset(value)
        case "NS":
            return frozenset(map(_number, value))
        case "NULL":
            return None
        case _:
            return value


def encode_item(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: encode(value) for name, value in item.items()}


def decode_item(item: Mapping[str, Any]) -> Item:
    return {name: decode(attribute) for name, attribute in item.items()}


def _encoded_set(value: frozenset[Any]) -> dict[str, Any]:
    """All members of a stored set have one type."""
    if all(isinstance(member, int | Decimal) for member in value):
        return {"NS": sorted(map(str, value))}
    return {"BS" if all(isinstance(member, bytes) for member in value) else "SS": sorted(value)}


def _number(text: str) -> int | Decimal:
    if text.isascii() and text.isdigit():
        return int(text)
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else number

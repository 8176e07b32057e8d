"""Plain values to DynamoDB's typed JSON and back: str, int, bool, bytes, None, list, dict, set of str."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Item = dict[str, Any]
"""A decoded item."""


def encode(value: Any) -> dict[str, Any]:
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case str():
            return {"S": value}
        case bytes():
            return {"B": value}
        case set() | frozenset():
            return {"SS": sorted(value)}  # pyright: ignore[reportUnknownArgumentType]
        case list() | tuple():
            return {"L": [encode(part) for part in value]}  # pyright: ignore[reportUnknownVariableType]
        case dict():
            return {"M": encode_item(value)}  # pyright: ignore[reportUnknownArgumentType]
        case _:
            raise TypeError(f"cannot be stored: {type(value).__name__}")


def decode(attribute: Mapping[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            return int(value)
        case "L":
            return [decode(part) for part in value]
        case "M":
            return decode_item(value)
        case "SS":
            return frozenset(value)
        case "NULL":
            return None
        case _:
            return value


def encode_item(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: encode(value) for name, value in item.items()}


def decode_item(item: Mapping[str, Any]) -> Item:
    return {name: decode(attribute) for name, attribute in item.items()}

"""Convert ABI values from JSON and back: integers as exact strings, bytes as 0x hex, arrays and tuples as lists."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, cast

from eth_utils.address import to_checksum_address

from forge.models.counted_words import counted
from worker.ethereum.function_signatures import AbiType
from worker.json_text import read_json
from worker.tool_outcomes import ToolRefused

AddressParser = Callable[[str], str]
_INTEGER = re.compile(r"-?[0-9]+|0x[0-9a-fA-F]+")
_LONGEST_INTEGER = 100
"""Maximum characters of a number; 2**256 has 78 digits. Python's parsing time grows with the square of the length."""
_HEX_BYTES = re.compile(r"0x(?:[0-9a-fA-F]{2})*")


def to_abi(kind: AbiType, value: Any, path: str, address: AddressParser) -> Any:
    """`path` names the value in messages (`arguments[1][0]`); `address` turns names into addresses."""
    if isinstance(value, str) and (kind.sizes or kind.base == "tuple"):
        value = _parse_json(value, path)
    if kind.sizes:
        items = _items(value, path, kind, kind.sizes[-1])
        return [to_abi(kind.item(), item, f"{path}[{i}]", address) for i, item in enumerate(items)]
    if kind.base == "tuple":
        items = _items(_in_order(kind, value, path), path, kind, len(kind.components))
        pairs = zip(kind.components, items, strict=True)
        return tuple(to_abi(c, item, f"{path}[{i}]", address) for i, (c, item) in enumerate(pairs))
    return _scalar(kind.base, value, path, address)


def from_abi(kind: AbiType, value: Any) -> Any:
    if kind.sizes:
        return [from_abi(kind.item(), item) for item in value]
    if kind.base == "tuple":
        return [from_abi(c, item) for c, item in zip(kind.components, value, strict=True)]
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if kind.base == "address":
        return str(to_checksum_address(value))
    return value if isinstance(value, (bool, str)) else str(value)


def _scalar(base: str, value: Any, path: str, address: AddressParser) -> Any:
    if base == "bool":
        return _bool(value, path)
    if base.startswith(("uint", "int")):
        return _integer(base, value, path)
    if not isinstance(value, str):
        raise ToolRefused(f"{path} must be a string for {base}, not {json.dumps(value)[:60]}.")
    if base == "address":
        return address(value)
    return value if base == "string" else _bytes(base, value, path)


def _bool(value: Any, path: str) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise ToolRefused(f"{path} must be true or false for bool.")


def _integer(base: str, value: Any, path: str) -> int:
    if isinstance(value, (bool, float)) or not isinstance(value, (int, str)):
        raise ToolRefused(f"{path} must be a whole number for {base}, best as a string of digits.")
    if isinstance(value, str):
        if len(value) > _LONGEST_INTEGER:
            raise ToolRefused(f"{path} is out of range for {base}: it has {counted(len(value), 'digit')}.")
        if not _INTEGER.fullmatch(value.strip()):
            raise ToolRefused(
                f"{path} must be a whole number in base units for {base}, as a string of digits without a unit; "
                f"{value[:60]!r} is not. Multiply by the token's decimals first."
            )
        value = int(value, 16 if value.strip().startswith("0x") else 10)
    bits = int(base.removeprefix("u").removeprefix("int"))
    low, high = (0, 2**bits) if base.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1))
    if not low <= value < high:
        raise ToolRefused(f"{path} is out of range for {base}: {value}.")
    return value


def _bytes(base: str, value: str, path: str) -> bytes:
    text = value.strip()
    if not _HEX_BYTES.fullmatch(text):
        raise ToolRefused(f"{path} must be 0x and an even number of hex digits for {base}.")
    data = bytes.fromhex(text[2:])
    size = int(base.removeprefix("bytes") or 0)
    if size and len(data) != size:
        raise ToolRefused(
            f"{path} must have exactly {counted(size, 'byte')} for {base}, and has {len(data)}."
        )
    return data


def _parse_json(value: str, path: str) -> Any:
    try:
        return read_json(value)
    except ValueError:
        raise ToolRefused(f"{path} must be a JSON array, such as [1, 2].") from None


def _in_order(kind: AbiType, value: Any, path: str) -> Any:
    """A tuple may be given as an object with the components' names."""
    if not isinstance(value, dict):
        return value
    named = cast("dict[str, Any]", value)
    names = [c.name for c in kind.components]
    if set(names) != set(named) or "" in names:
        raise ToolRefused(f"{path} must be a JSON array in the order of {kind.canonical()}.")
    return [named[name] for name in names]


def _items(value: Any, path: str, kind: AbiType, length: int | None) -> list[Any]:
    if not isinstance(value, list):
        raise ToolRefused(f"{path} must be a JSON array for {kind.canonical()}.")
    items = cast("list[Any]", value)
    if length is not None and len(items) != length:
        raise ToolRefused(f"{path} must have {length} elements for {kind.canonical()}, and has {len(items)}.")
    return items

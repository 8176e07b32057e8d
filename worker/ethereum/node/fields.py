"""Single values of a node's answer, in all forms that nodes, gateways and explorers use."""

from __future__ import annotations

import re
from typing import Annotated, Any, cast

from pydantic import BeforeValidator

LARGEST = 2**256 - 1
_HEX_NUMBER = re.compile(r"0[xX][0-9a-fA-F]{1,64}")
_DECIMAL = re.compile(r"[0-9]{1,78}", re.ASCII)
_HEX_DATA = re.compile(r"0[xX](?:[0-9a-fA-F]{2})*")
_NO_DATA = frozenset({"0x", "0x0"})
"""Ganache and Parity write empty code and empty data as the number 0 (web3.js issue 1007, 2017)."""


def quantity(value: Any) -> int | None:
    """Return a whole number of at most 256 bits from hex text with 0x, decimal text, or a JSON number; else None."""
    number = _number(value)
    return number if number is not None and 0 <= number <= LARGEST else None


def _number(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else None
    text = value.strip() if isinstance(value, str) else ""
    if _HEX_NUMBER.fullmatch(text):
        return int(text, 16)
    return int(text) if _DECIMAL.fullmatch(text) else None


def hex_data(value: Any) -> str | None:
    """Return `0x` and an even number of digits, in lower case; the number 0 stands for empty data."""
    text = value.strip() if isinstance(value, str) else ""
    if text.lower() in _NO_DATA:
        return "0x"
    return text.lower() if _HEX_DATA.fullmatch(text) else None


def transaction_hash(value: Any) -> str | None:
    """Return 32 bytes, which may also be a block's hash or a log's topic."""
    text = hex_data(value)
    return text if text is not None and len(text) == 66 else None


def address(value: Any) -> str | None:
    text = hex_data(value)
    return text if text is not None and len(text) == 42 else None


def succeeded(value: Any) -> bool | None:
    """Return a receipt's `status`: 1 or 0 in any form. Receipts from before Byzantium have none (EIP-658)."""
    number = value if isinstance(value, bool) else quantity(value)
    return bool(number) if number in (0, 1) else None


def items(value: Any) -> list[Any] | None:
    return cast("list[Any]", value) if isinstance(value, list) else None


Quantity = Annotated[int | None, BeforeValidator(quantity)]
HexData = Annotated[str | None, BeforeValidator(hex_data)]
Hash = Annotated[str | None, BeforeValidator(transaction_hash)]
Address = Annotated[str | None, BeforeValidator(address)]
Succeeded = Annotated[bool | None, BeforeValidator(succeeded)]

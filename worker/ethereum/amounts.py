"""Exact amounts: whole base units internally, with human units next to them, and never a float."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from worker.tool_outcomes import ToolRefused

ETHER_DECIMALS = 18
LARGEST = 2**256 - 1
UNITS = {"wei": 0, "kwei": 3, "mwei": 6, "gwei": 9, "ether": ETHER_DECIMALS, "eth": ETHER_DECIMALS}
"""The decimals of each unit."""
_GWEI = 10**9
_COINS_FROM = 10**13
"""Wei from which an amount is written in the network's coin; less is written in gwei or wei."""
_AMOUNT = re.compile(r"(?P<whole>[0-9]{1,100})(?:\.(?P<fraction>[0-9]{1,100}))?\s*(?P<unit>[A-Za-z]*)")
"""Maximum digits of a number. Python reads at most 4,300, and 2^256 has 78."""
_HEX = re.compile(r"0x[0-9a-fA-F]+")


def refuse_inexact(value: Any) -> Any:
    if isinstance(value, (float, bool)):
        raise ToolRefused(
            f"{value!r} is not exact.",
            "Pass an amount as a string such as '0.1 ether', '5 gwei' or '1000' (wei).",
        )
    return value


Amount = Annotated[
    str | int,
    BeforeValidator(refuse_inexact),
    Field(description="An exact amount: '1 ether', '0.5 ETH', '5 gwei', or whole wei as '1000' or 1000."),
]


def parse_amount(value: str | int, currency: str = "ETH") -> int:
    """Parse an amount to wei. `currency` is the network's native currency, which is accepted as a unit like ether."""
    amount = value if isinstance(value, int) else _parse_text(value.strip(), currency)
    if not 0 <= amount <= LARGEST:
        raise ToolRefused(f"The amount {value} is out of range: 0 to 2^256-1 wei.")
    return amount


def _parse_text(text: str, currency: str) -> int:
    if _HEX.fullmatch(text):
        return int(text, 16)
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise ToolRefused(
            f"Cannot read the amount {text[:60]!r}. Write digits, a point and a unit: '1.5 ether', '5 gwei', '1000'."
        )
    unit = match["unit"].lower() or "wei"
    units = UNITS | {currency.lower(): ETHER_DECIMALS}
    if unit not in units:
        raise ToolRefused(
            f"Unknown unit {match['unit']!r} in {text[:60]!r}: use wei, gwei, ether or {currency}."
        )
    return _scale(text, match["whole"], (match["fraction"] or "").rstrip("0"), units[unit])


def _scale(text: str, whole: str, fraction: str, decimals: int) -> int:
    if len(fraction) > decimals:
        hint = "wei are whole; did you mean ether?" if decimals == 0 else f"at most {decimals} decimals."
        raise ToolRefused(f"The amount {text[:60]!r} is finer than one wei: {hint}")
    return int(whole + fraction.ljust(decimals, "0"))


def format_units(amount: int, decimals: int = ETHER_DECIMALS) -> str:
    """Format exactly, without exponent or trailing zeros: 1500000000000000000 → `1.5`."""
    sign, digits = ("-" if amount < 0 else ""), str(abs(amount)).rjust(decimals + 1, "0")
    whole, fraction = digits[: len(digits) - decimals], digits[len(digits) - decimals :].rstrip("0")
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def readable_amount(wei: int, currency: str) -> str:
    """Write an exact amount for people, as the page and the terminal do: `1,500.5 ETH`, `21 gwei`, `3 wei`."""
    if wei == 0 or wei >= _COINS_FROM:
        return f"{grouped(format_units(wei))} {currency}"
    if wei >= _GWEI:
        return f"{grouped(format_units(wei, UNITS['gwei']))} gwei"
    return f"{wei:,} wei"


def grouped(number: str) -> str:
    """`1234567.5` becomes `1,234,567.5`; a text that is no plain number stays as it is."""
    whole, point, fraction = number.partition(".")
    return f"{int(whole):,}{point}{fraction}" if whole.isdecimal() and whole.isascii() else number

"""Exact conversion of ether amounts in both directions."""

from __future__ import annotations

import re
from decimal import Context, Inexact, InvalidOperation

from worker.agent.llm.offline.refusal import Refusal
from worker.ethereum.amounts import readable_amount

ETHER_DECIMALS = 18
UNIT_DECIMALS = {"wei": 0, "kwei": 3, "mwei": 6, "gwei": 9, "eth": 18, "ether": 18, "ethers": 18}

# 78 digits hold every 256-bit integer; any amount that would have to be rounded is refused.
_EXACT = Context(prec=78 + ETHER_DECIMALS, traps=[Inexact, InvalidOperation])
_PLAIN = re.compile(r"\d+(?:\.\d+)?|\.\d+")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")


def to_wei(amount: str, unit: str) -> int:
    """`to_wei("1.5", "ETH")`. Raises `Refusal` for other units and for amounts that are not whole wei."""
    decimals = UNIT_DECIMALS.get(unit.lower())
    if decimals is None:
        raise Refusal(f"I can send ETH, gwei or wei, but not “{unit}”. For a token, use `call tool …`.")
    if _GROUPED.fullmatch(amount):
        amount = amount.replace(",", "")
    if not _PLAIN.fullmatch(amount):
        raise Refusal(f"“{amount}” is not an amount that I can read; write it like 1.5 or 1,000.")
    try:
        wei = _EXACT.scaleb(_EXACT.create_decimal(amount), decimals)
    except (Inexact, InvalidOperation):
        raise Refusal(f"{amount} {unit} has too many digits.") from None
    if wei != wei.to_integral_value():
        raise Refusal(f"{amount} {unit} is not a whole number of wei (1 ETH has {ETHER_DECIMALS} decimals).")
    return int(wei)


def ether(wei: int, currency: object = None) -> str:
    """Format in the chain's own currency; ETH if the tool did not name it."""
    return readable_amount(wei, str(currency or "ETH"))


def whole_number(value: object) -> int | None:
    """Parse an integer as tools return it: a number, decimal digits, or `0x…`; `None` for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        text = value.strip()
        if re.fullmatch(r"-?\d{1,100}", text):
            return int(text)
        if re.fullmatch(r"0x[0-9a-fA-F]{1,64}", text):
            return int(text, 16)
    return None

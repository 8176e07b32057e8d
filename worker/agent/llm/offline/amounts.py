"""Amounts as people write them to the offline operator, and as it writes them."""

from __future__ import annotations

import re

from worker.agent.llm.offline.refusal import Refusal
from worker.ethereum.amounts import UNITS, parse_amount, readable_amount
from worker.tool_outcomes import ToolRefused

_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")


def to_wei(amount: str, unit: str) -> int:
    """`to_wei("1,000.5", "ETH")`. Raises `Refusal` for other units and for amounts that are not whole wei."""
    if (singular := unit.lower().removesuffix("s")) not in UNITS:
        raise Refusal(f"I can send ETH, gwei or wei, but not “{unit}”. For a token, use `call tool …`.")
    plain = amount.replace(",", "") if _GROUPED.fullmatch(amount) else amount
    try:
        return parse_amount(f"{'0' if plain.startswith('.') else ''}{plain} {singular}")
    except ToolRefused as refused:
        raise Refusal(refused.shown) from None


def ether(wei: int, currency: str | None = None) -> str:
    """Format in the chain's own currency; ETH if the tool did not name it."""
    return readable_amount(wei, currency or "ETH")

"""Amounts as the page writes them: exact, with groups of thousands, in a unit that fits."""

from __future__ import annotations

import re

from forge_client.wallet_requests import Approval

_GWEI = 10**9
_ETHER = 10**18
_COINS_FROM = 10**13
_WEI = re.compile("0|[1-9][0-9]{0,77}")


def is_wei(text: str) -> bool:
    """Return whether this is decimal wei of at most 78 digits, as many as a chain's largest number has."""
    return _WEI.fullmatch(text) is not None


def readable_amount(wei: str, currency: str) -> str:
    """Return for example `1,500.5 ETH`, `21 gwei` or `3 wei` for decimal wei."""
    amount = int(wei)
    if amount == 0 or amount >= _COINS_FROM:
        return f"{_decimal(amount, _ETHER)} {currency}"
    return f"{_decimal(amount, _GWEI)} gwei" if amount >= _GWEI else f"{amount:,} wei"


def grouped(number: str) -> str:
    """`1234567.5` becomes `1,234,567.5`; a text that is no plain number stays as it is."""
    whole, point, fraction = number.partition(".")
    return f"{int(whole):,}{point}{fraction}" if whole.isdecimal() and len(whole) < 100 else number


def counted(number: int | str, unit: str) -> str:
    """`1 byte`, `0 bytes`, `1,024 bytes`. `number` may be written already; `unit` is in the singular."""
    return f"{number} {unit}{'' if str(number) == '1' else 's'}"


def coin_of(approval: Approval) -> str:
    """Return the name of the network's own coin, or general words if the review does not name it."""
    return approval.review.currency or f"of {approval.network}'s own coin"


def _decimal(amount: int, unit: int) -> str:
    fraction = str(amount % unit).rjust(len(str(unit)) - 1, "0").rstrip("0")
    return f"{amount // unit:,}{fraction and f'.{fraction}'}"

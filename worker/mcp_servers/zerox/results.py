"""What the zerox tools answer. Amounts are decimal strings in base units, formatted where decimals are known."""

from __future__ import annotations

from pydantic import BaseModel


class SwapPrice(BaseModel):
    """`issues`: what would keep the swap from succeeding now, in words."""

    network: str
    sell_token: str
    sell_amount: str
    sell_formatted: str | None
    buy_token: str
    buy_amount: str
    buy_formatted: str | None
    min_buy_amount: str
    min_buy_formatted: str | None
    network_fee_wei: str | None
    sources: list[str]
    issues: list[str]
    allowance_target: str | None


class SwapTransaction(BaseModel):
    """For send_transaction_to_wallet. `value` in wei."""

    to: str
    value: str
    data: str
    gas: str | None


class SwapQuote(SwapPrice):
    transaction: SwapTransaction

"""What the zerox tools answer. Amounts are decimal strings in base units, formatted where decimals are known."""

from __future__ import annotations

from pydantic import BaseModel


class SwapPrice(BaseModel):
    """What a swap would give now. `issues`: what would keep the swap from succeeding now, in words."""

    network: str
    """The network's name."""
    sell_token: str
    """The address of the token to sell; 0x's placeholder for the native currency."""
    sell_amount: str
    """The amount to sell in base units, decimal."""
    sell_formatted: str | None
    """The amount to sell in whole tokens; null if the decimals are unknown."""
    buy_token: str
    """The address of the token to buy; 0x's placeholder for the native currency."""
    buy_amount: str
    """The expected amount to buy in base units, decimal."""
    buy_formatted: str | None
    """The expected amount in whole tokens; null if the decimals are unknown."""
    min_buy_amount: str
    """The least amount, with the largest slippage, in base units, decimal."""
    min_buy_formatted: str | None
    """The least amount in whole tokens; null if the decimals are unknown."""
    network_fee_wei: str | None
    """The estimated network fee in wei, decimal; null if 0x gives none."""
    sources: list[str]
    """The exchanges from which 0x fills the swap."""
    issues: list[str]
    """What would keep the swap from succeeding now, in words; empty if nothing would."""
    allowance_target: str | None
    """The contract that the taker must approve; null if no approval is needed."""


class SwapTransaction(BaseModel):
    """For send_transaction_to_wallet. `value` in wei."""

    to: str
    """The contract that executes the swap."""
    value: str
    """The value in wei, decimal."""
    data: str
    """The call data, as 0x hex."""
    gas: str | None
    """The suggested limit of gas, decimal; null if 0x gives none."""


class SwapQuote(SwapPrice):
    transaction: SwapTransaction
    """The transaction that the taker's wallet signs."""

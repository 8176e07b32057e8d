"""The parts of 0x Swap API v2's answers that are used here. Amounts are decimal strings."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Allowance(BaseModel):
    """An allowance that is too small."""

    actual: str
    """The allowance now, in base units."""
    spender: str
    """The contract that needs the allowance."""


class Holding(BaseModel):
    """A balance that is too small."""

    actual: str
    """The taker's balance in base units."""
    expected: str
    """The balance that the swap needs, in base units."""


class Issues(BaseModel):
    """What would keep the swap from succeeding now."""

    allowance: Allowance | None = None
    """Set if the taker must approve more first."""
    balance: Holding | None = None
    """Set if the taker has too little to sell."""
    simulation_incomplete: bool = Field(default=False, alias="simulationIncomplete")
    """True if 0x could not simulate the whole swap."""

    def in_words(self) -> list[str]:
        found: list[str] = []
        if self.allowance:
            spender, actual = self.allowance.spender, self.allowance.actual
            found.append(f"allowance: the taker must first approve {spender} (now {actual})")
        if self.balance:
            found.append(
                f"balance: the taker has {self.balance.actual} of the {self.balance.expected} to sell"
            )
        if self.simulation_incomplete:
            found.append("0x could not simulate the swap completely")
        return found


class Fill(BaseModel):
    source: str
    """The exchange from which a part of the swap is filled."""


class Route(BaseModel):
    fills: list[Fill] = []
    """The parts of the swap, each from one exchange."""


class Liquidity(BaseModel):
    """This is the only field if there is no liquidity."""

    available: bool = Field(alias="liquidityAvailable")
    """False if no exchange can fill the swap."""


class Price(BaseModel):
    sell_token: str = Field(alias="sellToken")
    """The address of the token to sell."""
    sell_amount: str = Field(alias="sellAmount", pattern=r"^\d+$")
    """The amount to sell in base units."""
    buy_token: str = Field(alias="buyToken")
    """The address of the token to buy."""
    buy_amount: str = Field(alias="buyAmount", pattern=r"^\d+$")
    """The expected amount to buy in base units."""
    min_buy_amount: str = Field(alias="minBuyAmount", pattern=r"^\d+$")
    """The least amount, with the largest slippage, in base units."""
    allowance_target: str | None = Field(default=None, alias="allowanceTarget")
    """The contract that the taker must approve; null for the native currency."""
    total_network_fee: str | None = Field(default=None, alias="totalNetworkFee")
    """The estimated network fee in wei."""
    issues: Issues = Issues()
    """What would keep the swap from succeeding now."""
    route: Route = Route()
    """The exchanges from which the swap is filled."""


class Transaction(BaseModel):
    to: str
    """The contract that executes the swap."""
    data: str = Field(pattern=r"^0x(?:[0-9a-fA-F]{2})*$")
    """The call data, as 0x hex."""
    value: str = Field(default="0", pattern=r"^\d+$")
    """The value in wei."""
    gas: str | None = None
    """The suggested limit of gas; null if there is none."""


class Quote(Price):
    transaction: Transaction
    """The transaction that the taker's wallet signs."""


class Detail(BaseModel):
    field: str = ""
    """The parameter that is wrong."""
    reason: str = ""
    """What is wrong with it, in 0x's words."""


class Details(BaseModel):
    details: list[Detail] = []
    """The wrong parameters."""


class Failure(BaseModel):
    message: str = ""
    """The failure in 0x's words."""
    data: Details = Details()
    """What is wrong with the request, for a failed validation."""

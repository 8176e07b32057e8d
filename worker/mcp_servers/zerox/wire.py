"""The parts of 0x Swap API v2's answers that are used here. Amounts are decimal strings."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Allowance(BaseModel):
    actual: str
    spender: str


class Holding(BaseModel):
    actual: str
    expected: str


class Issues(BaseModel):
    allowance: Allowance | None = None
    balance: Holding | None = None
    simulation_incomplete: bool = Field(default=False, alias="simulationIncomplete")

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


class Route(BaseModel):
    fills: list[Fill] = []


class Liquidity(BaseModel):
    """This is the only field if there is no liquidity."""

    available: bool = Field(alias="liquidityAvailable")


class Price(BaseModel):
    sell_token: str = Field(alias="sellToken")
    sell_amount: str = Field(alias="sellAmount", pattern=r"^\d+$")
    buy_token: str = Field(alias="buyToken")
    buy_amount: str = Field(alias="buyAmount", pattern=r"^\d+$")
    min_buy_amount: str = Field(alias="minBuyAmount", pattern=r"^\d+$")
    allowance_target: str | None = Field(default=None, alias="allowanceTarget")
    total_network_fee: str | None = Field(default=None, alias="totalNetworkFee")
    issues: Issues = Issues()
    route: Route = Route()


class Transaction(BaseModel):
    to: str
    data: str = Field(pattern=r"^0x(?:[0-9a-fA-F]{2})*$")
    value: str = Field(default="0", pattern=r"^\d+$")
    gas: str | None = None


class Quote(Price):
    transaction: Transaction


class Detail(BaseModel):
    field: str = ""
    reason: str = ""


class Details(BaseModel):
    details: list[Detail] = []


class Failure(BaseModel):
    message: str = ""
    data: Details = Details()

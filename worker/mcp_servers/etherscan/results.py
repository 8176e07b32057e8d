"""What the etherscan tools answer. Amounts are decimal strings: exact wei, with ether beside them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class ContractAbi(BaseModel):
    network: str
    address: str
    functions: list[str]
    events: list[str]
    abi: list[dict[str, Any]]


class AccountTransaction(BaseModel):
    """`to` is null where a contract was created: `contract_address`."""

    model_config = ConfigDict(serialize_by_alias=True)

    hash: str
    block_number: int
    time: str
    sender: str = Field(serialization_alias="from")
    to: str | None
    value_wei: str
    value_ether: str
    fee_wei: str
    succeeded: bool
    function: str | None
    contract_address: str | None


class AccountTransactions(BaseModel):
    network: str
    address: str
    page: int
    transactions: list[AccountTransaction]

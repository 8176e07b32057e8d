"""What the etherscan tools answer. Amounts are decimal strings: exact wei, with ether beside them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class ContractAbi(BaseModel):
    network: str
    """The network's name."""
    address: str
    """The contract's address, with its checksum."""
    functions: list[str]
    """The functions as signatures for encode_function_call, with mutability and return types."""
    events: list[str]
    """The events as signatures with the names of their values."""
    abi: list[dict[str, Any]]
    """The whole ABI as Etherscan has it, in Solidity's JSON form."""


class AccountTransaction(BaseModel):
    """One transaction. `to` is null where a contract was created: `contract_address`."""

    model_config = ConfigDict(serialize_by_alias=True)

    hash: str
    """The transaction's hash, as 0x hex."""
    block_number: int
    """The number of the block with the transaction."""
    time: str
    """The block's time in UTC, RFC 3339."""
    sender: str = Field(serialization_alias="from")
    """The account that signed the transaction."""
    to: str | None
    """The recipient's address; null for the creation of a contract."""
    value_wei: str
    """The transferred value in wei, decimal."""
    value_ether: str
    """The transferred value in whole units of the native currency, decimal."""
    fee_wei: str
    """Gas used times gas price, in wei, decimal; a rollup's fee for its L1 is not included."""
    succeeded: bool
    """False if Etherscan marks the transaction as failed."""
    function: str | None
    """The called function's signature or selector; null for a plain transfer."""
    contract_address: str | None
    """The contract that the transaction created; null if it created none."""


class AccountTransactions(BaseModel):
    network: str
    """The network's name."""
    address: str
    """The account's address, with its checksum."""
    page: int
    """The number of this page, from 1."""
    transactions: list[AccountTransaction]
    """The transactions of this page, in the requested order."""

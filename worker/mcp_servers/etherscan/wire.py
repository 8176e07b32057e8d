"""The parts of Etherscan API v2's answers that are used here. Numbers are decimal strings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, Field, RootModel

from worker.ethereum.addresses import parse_address
from worker.ethereum.amounts import format_units
from worker.mcp_servers.etherscan.results import AccountTransaction


class Answer(BaseModel):
    """The envelope of every answer."""

    status: str
    """`1` for success; `0` for a failure, and for an empty list."""
    message: str = ""
    """`OK`, or the failure in a few words."""
    result: Any = None
    """The data, or the reason of a failure."""


class Parameter(BaseModel):
    """One parameter of a function or an event."""

    name: str = ""
    """The parameter's name; empty if there is none."""
    type: str = Field(max_length=200)
    """The ABI type; `tuple`, with array dimensions if any, for a struct."""
    components: list[Parameter] = []
    """The parameters within a tuple."""

    def signature(self) -> str:
        """`tuple[]` with components → `(address,uint256)[]`."""
        if not self.type.startswith("tuple"):
            return self.type
        inner = ",".join(component.signature() for component in self.components)
        return f"({inner}){self.type.removeprefix('tuple')}"


class Entry(BaseModel):
    """One entry of an ABI."""

    type: str = "function"
    """`function`, `event`, `error`, `constructor`, `fallback` or `receive`."""
    name: str = ""
    """The name; empty for a constructor and the like."""
    inputs: list[Parameter] = []
    """The arguments, or the values of an event."""
    outputs: list[Parameter] = []
    """The values that a function returns."""
    state_mutability: str = Field(default="", alias="stateMutability")
    """`pure`, `view`, `nonpayable` or `payable`."""

    def head(self) -> str:
        return f"{self.name}({', '.join(f'{i.signature()} {i.name}'.strip() for i in self.inputs)})"

    def function(self) -> str:
        suffix = f" {self.state_mutability}" if self.state_mutability in {"view", "pure", "payable"} else ""
        outputs = ", ".join(output.signature() for output in self.outputs)
        return self.head() + suffix + (f" returns ({outputs})" if outputs else "")


class Abi(RootModel[list[Entry]]):
    pass


class Row(BaseModel):
    """One transaction of an account."""

    hash: str
    """The transaction's hash."""
    block: int = Field(alias="blockNumber")
    """The number of the block."""
    seconds: int = Field(alias="timeStamp", ge=0, le=10**11)
    """The block's time in seconds since 1970."""
    sender: str = Field(alias="from")
    """The account that signed the transaction."""
    to: str
    """The recipient's address; empty for the creation of a contract."""
    value: int
    """The transferred value in wei."""
    gas_used: int = Field(alias="gasUsed")
    """The units of gas used."""
    gas_price: int = Field(alias="gasPrice")
    """The price of a unit of gas, in wei."""
    is_error: str = Field(default="0", alias="isError")
    """`1` if the transaction failed."""
    function: str = Field(default="", alias="functionName")
    """The called function's signature; empty if Etherscan does not know it."""
    method: str = Field(default="", alias="methodId")
    """The called function's selector; empty or `0x` for a plain transfer."""
    contract: str = Field(default="", alias="contractAddress")
    """The contract that the transaction created; empty if it created none."""

    def shown(self) -> AccountTransaction:
        return AccountTransaction(
            hash=self.hash,
            block_number=self.block,
            time=datetime.fromtimestamp(self.seconds, UTC).isoformat(),
            sender=parse_address(self.sender),
            to=parse_address(self.to) if self.to else None,
            value_wei=str(self.value),
            value_ether=format_units(self.value),
            fee_wei=str(self.gas_used * self.gas_price),
            succeeded=self.is_error != "1",
            function=self.function or self.method or None,
            contract_address=parse_address(self.contract) if self.contract else None,
        )


class Rows(RootModel[list[Row]]):
    pass

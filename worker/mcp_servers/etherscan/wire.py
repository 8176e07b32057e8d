"""The parts of Etherscan API v2's answers that are used here. Numbers are decimal strings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, Field, RootModel

from worker.ethereum.addresses import parse_address
from worker.ethereum.amounts import format_units
from worker.mcp_servers.etherscan.results import AccountTransaction


class Answer(BaseModel):
    """`status` 1 means success. `result` holds the reason of a failure."""

    status: str
    message: str = ""
    result: Any = None


class Parameter(BaseModel):
    name: str = ""
    type: str = Field(max_length=200)
    components: list[Parameter] = []

    def signature(self) -> str:
        """`tuple[]` with components → `(address,uint256)[]`."""
        if not self.type.startswith("tuple"):
            return self.type
        inner = ",".join(component.signature() for component in self.components)
        return f"({inner}){self.type.removeprefix('tuple')}"


class Entry(BaseModel):
    """One entry of an ABI."""

    type: str = "function"
    name: str = ""
    inputs: list[Parameter] = []
    outputs: list[Parameter] = []
    state_mutability: str = Field(default="", alias="stateMutability")

    def head(self) -> str:
        return f"{self.name}({', '.join(f'{i.signature()} {i.name}'.strip() for i in self.inputs)})"

    def function(self) -> str:
        suffix = f" {self.state_mutability}" if self.state_mutability in {"view", "pure", "payable"} else ""
        outputs = ", ".join(output.signature() for output in self.outputs)
        return self.head() + suffix + (f" returns ({outputs})" if outputs else "")


class Abi(RootModel[list[Entry]]):
    pass


class Row(BaseModel):
    hash: str
    block: int = Field(alias="blockNumber")
    seconds: int = Field(alias="timeStamp", ge=0, le=10**11)
    sender: str = Field(alias="from")
    to: str
    value: int
    gas_used: int = Field(alias="gasUsed")
    gas_price: int = Field(alias="gasPrice")
    is_error: str = Field(default="0", alias="isError")
    function: str = Field(default="", alias="functionName")
    method: str = Field(default="", alias="methodId")
    contract: str = Field(default="", alias="contractAddress")

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

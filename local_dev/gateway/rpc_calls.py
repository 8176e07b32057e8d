"""The calls of the local Ethereum node that a page may make: their names, and the form of their parameters.

A call is parsed and written again before it is forwarded, so that nothing else reaches the node.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

MOST_CALLS = 100

Quantity = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-fA-F]{1,64}$")]
Address = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-fA-F]{40}$")]
Hash = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-fA-F]{64}$")]
Data = Annotated[str, StringConstraints(pattern=r"^0x([0-9a-fA-F]{2})*$")]
Block = Literal["latest", "earliest", "pending", "safe", "finalized"] | Quantity


class Access(BaseModel):
    """An entry of EIP-2930's access list."""

    model_config = ConfigDict(extra="forbid")

    address: Address
    """The account that the transaction will read or write."""
    storageKeys: Annotated[list[Hash], Field(max_length=100)]  # noqa: N815  the protocol's name
    """The storage slots of that account."""


class Transaction(BaseModel):
    """The fields that a wallet sends (ethereum/execution-apis, GenericTransaction); others are refused."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    sender: Address | None = Field(None, alias="from")
    """The account that sends."""
    to: Address | None = None
    """The recipient; missing for the creation of a contract."""
    value: Quantity | None = None
    """The value in wei, 0x hex."""
    data: Data | None = None
    """The call data under its older name."""
    input: Data | None = None
    """The call data."""
    gas: Quantity | None = None
    """The limit of gas, 0x hex."""
    gas_price: Quantity | None = Field(None, alias="gasPrice")
    """The price of a unit of gas in wei, 0x hex."""
    max_fee: Quantity | None = Field(None, alias="maxFeePerGas")
    """The highest price of a unit of gas in wei, 0x hex (EIP-1559)."""
    max_priority_fee: Quantity | None = Field(None, alias="maxPriorityFeePerGas")
    """The highest tip for a unit of gas in wei, 0x hex (EIP-1559)."""
    nonce: Quantity | None = None
    """The number of the transaction among those of its sender, 0x hex."""
    type: Quantity | None = None
    """The type of the transaction (EIP-2718), 0x hex."""
    chain_id: Quantity | None = Field(None, alias="chainId")
    """The id of the chain, 0x hex."""
    access_list: Annotated[list[Access], Field(max_length=100)] | None = Field(None, alias="accessList")
    """The accounts and slots that the transaction will use (EIP-2930)."""


_Nothing = tuple[()]
_PARAMETERS: dict[str, Any] = {
    "eth_accounts": _Nothing,
    "eth_blockNumber": _Nothing,
    "eth_call": tuple[Transaction] | tuple[Transaction, Block],
    "eth_chainId": _Nothing,
    "eth_estimateGas": tuple[Transaction] | tuple[Transaction, Block],
    "eth_gasPrice": _Nothing,
    "eth_getBalance": tuple[Address] | tuple[Address, Block],
    "eth_getBlockByNumber": tuple[Block] | tuple[Block, bool],
    "eth_getCode": tuple[Address] | tuple[Address, Block],
    "eth_getTransactionByHash": tuple[Hash],
    "eth_getTransactionCount": tuple[Address] | tuple[Address, Block],
    "eth_getTransactionReceipt": tuple[Hash],
    "eth_sendTransaction": tuple[Transaction],
    "net_version": _Nothing,
}
METHODS: dict[str, TypeAdapter[Any]] = {name: TypeAdapter(each) for name, each in _PARAMETERS.items()}
"""The methods that a wallet and a block list need. None of them changes the node itself (`anvil_*`, `evm_*`)."""


class NotACall(Exception):
    """The body is not JSON-RPC, or a method's parameters have another form."""


class NodeUnusable(Exception):
    """The node does not answer, or its answer is larger than a page can use."""


class NotAllowed(Exception):
    """The page needs no such method."""


class Call(BaseModel):
    """One request of JSON-RPC 2.0."""

    model_config = ConfigDict(extra="forbid", strict=True)

    jsonrpc: Literal["2.0"]
    """The version of the protocol."""
    id: int | Annotated[str, StringConstraints(max_length=100)] | None = None
    """The caller's id of the request, which the answer repeats."""
    method: Annotated[str, StringConstraints(max_length=100)]
    """The name of the method; `METHODS` lists those that are forwarded."""
    params: Any = ()
    """The parameters, which `METHODS` checks."""

    @property
    def sender(self) -> str | None:
        """Return the account whose money a call spends, in lower case; empty if the call does not name it; None if
        it spends nothing.
        """
        if self.method != "eth_sendTransaction":
            return None
        return (self.params[0].sender or "").lower()


_BODY: TypeAdapter[Call | list[Call]] = TypeAdapter(
    Call | Annotated[list[Call], Field(min_length=1, max_length=MOST_CALLS)]
)


def read_calls(body: bytes) -> Call | list[Call]:
    """Raises only `NotACall` and `NotAllowed`, whatever the body is."""
    try:
        read = _BODY.validate_json(body)
        for call in read if isinstance(read, list) else [read]:
            if call.method not in METHODS:
                raise NotAllowed(call.method)
            call.params = METHODS[call.method].validate_python(call.params)
    except ValidationError as error:
        raise NotACall from error
    return read


def written(calls: Call | Sequence[Call]) -> bytes:
    one = isinstance(calls, Call)
    told = [
        each.model_dump(mode="json", by_alias=True, exclude_none=True) for each in ([calls] if one else calls)
    ]
    return json.dumps(told[0] if one else told).encode()

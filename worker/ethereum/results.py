"""What the evm tools answer. Amounts are decimal strings: exact base units, with human units beside them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from forge.models.session import NetworkInfo
from forge.models.wallet_review import AllowanceKind, AssetStandard


class Balance(BaseModel):
    """`account` is the test account's name. `ether` counts the network's own coin, `currency`."""

    network: str
    account: str | None
    address: str
    wei: str
    ether: str
    currency: str
    block: str


class TokenBalance(BaseModel):
    """`symbol` is the contract's own word: untrusted. `formatted` is null for a token without decimals."""

    network: str
    token: str
    symbol: str | None
    decimals: int | None
    account: str | None
    address: str
    balance: str
    formatted: str | None


class CodeSize(BaseModel):
    """`delegates_to`: an account that runs a contract's code by delegation (EIP-7702)."""

    network: str
    account: str | None
    address: str
    size_bytes: int
    is_contract: bool
    delegates_to: str | None = None


class Code(CodeSize):
    code: str


class Argument(BaseModel):
    """`value`: integers as strings, bytes as 0x hex, arrays and tuples as lists."""

    name: str | None
    type: str
    value: Any


class EncodedCall(BaseModel):
    signature: str
    selector: str
    data: str
    arguments: list[Argument]


class DecodedCall(BaseModel):
    """`function` is null when the selector is unknown; then `words` are the raw 32-byte words.

    `is_whole`: the data is these arguments as they are usually encoded, and nothing beside them.
    """

    selector: str
    signature: str | None = None
    function: str | None = None
    arguments: list[Argument] = []
    words: list[str] = []
    is_whole: bool = True


class CallAnswer(BaseModel):
    """`as_integer` when the answer is one word; `decoded` when `returns` was given."""

    network: str
    to: str
    data: str
    as_integer: str | None = None
    decoded: list[Argument] | None = None


class Transfer(BaseModel):
    """The two ends and the value of a transaction; `*_account` are test accounts' names.

    `to` is null for a transaction that creates a contract.
    """

    model_config = ConfigDict(serialize_by_alias=True)

    network: str
    sender: str = Field(serialization_alias="from")
    from_account: str | None
    to: str | None
    to_account: str | None
    value_wei: str
    value_ether: str
    currency: str


class Sent(Transfer):
    """`pending`: sent, but in no block yet when the wait ended. `unknown`: the node does not tell whether it succeeded.

    In both cases it must not be sent again. `fee_*` is null as long as a part of the fee is unknown.
    """

    hash: str
    status: Literal["success", "reverted", "pending", "unknown"]
    block_number: int | None = None
    contract_address: str | None = None
    gas_used: str | None = None
    fee_wei: str | None = None
    fee_ether: str | None = None
    l1_fee_wei: str | None = None
    revert_reason: str | None = None
    note: str | None = None


class AssetChange(BaseModel):
    """One movement. `asset`: `native` or a contract's address. `amount`: base units, for erc721 the token's id."""

    model_config = ConfigDict(serialize_by_alias=True)

    asset: str
    standard: AssetStandard
    symbol: str | None
    sender: str = Field(serialization_alias="from")
    to: str
    amount: str
    formatted: str | None


class GivenRight(BaseModel):
    """A right over `owner`'s tokens, or over a contract, that somebody has after the transaction by its logs."""

    kind: AllowanceKind
    contract: str
    owner: str | None
    who: str
    amount: str | None
    event: str
    revokes: bool
    single: bool = False


class Simulation(Transfer):
    """What the transaction would do now. What the node cannot tell is null: gas, fee, `asset_changes`.

    Those that take something from the sender come first; `more_asset_changes` counts what is left out. `rights` are
    allowances, operators and control that it gives or takes away. `untold`: why its effects are not known whole.
    """

    success: bool
    revert_reason: str | None = None
    return_data: str | None = None
    gas_estimate: str | None = None
    fee_estimate_wei: str | None = None
    fee_estimate_ether: str | None = None
    asset_changes: list[AssetChange] | None = None
    more_asset_changes: int = 0
    rights: list[GivenRight] = []
    untold: str | None = None


class NetworkStatus(NetworkInfo):
    """`problem`: why the node cannot be used now. `accounts`: the test accounts' names and addresses."""

    reachable: bool
    problem: str | None = None
    accounts: dict[str, str] = Field(default_factory=dict[str, str])


class Networks(BaseModel):
    networks: list[NetworkStatus]


class CurrentTime(BaseModel):
    """`utc` in RFC 3339, `unix` in seconds."""

    utc: str
    unix: int

"""The results of the evm tools that simulate and send. Amounts are decimal strings, as in `results`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from forge.models.wallet_review import AllowanceKind, AssetStandard


class Transfer(BaseModel):
    """The two ends and the value of a transaction; `*_account` are test accounts' names.

    `to` is null for a transaction that creates a contract.
    """

    model_config = ConfigDict(serialize_by_alias=True)

    network: str
    """The network's name."""
    sender: str = Field(serialization_alias="from")
    """The sender's address, with its checksum."""
    from_account: str | None
    """The name of the sending test account; null for any other sender."""
    to: str | None
    """The recipient's address, with its checksum; null for the creation of a contract."""
    to_account: str | None
    """The name of the receiving test account; null for any other recipient."""
    value_wei: str
    """The transferred value in wei, decimal."""
    value_ether: str
    """The transferred value in whole units of `currency`, decimal."""
    currency: str
    """The symbol of the network's native currency."""


class Sent(Transfer):
    """`pending`: sent, but in no block yet when the wait ended. `unknown`: the node does not tell whether it succeeded.

    In both cases it must not be sent again. `fee_*` is null as long as a part of the fee is unknown.
    """

    hash: str
    """The transaction's hash, as 0x hex."""
    status: Literal["success", "reverted", "pending", "unknown"]
    """The outcome as far as the node tells it."""
    block_number: int | None = None
    """The number of the block with the transaction; null before it is in one."""
    contract_address: str | None = None
    """The address of the contract that the transaction created; null if it created none."""
    gas_used: str | None = None
    """The units of gas used, decimal."""
    fee_wei: str | None = None
    """The whole fee in wei, decimal."""
    fee_ether: str | None = None
    """The whole fee in whole units of `currency`, decimal."""
    l1_fee_wei: str | None = None
    """The part of the fee that a rollup pays for its L1, in wei; null on other chains."""
    revert_reason: str | None = None
    """The contract's reason in words, if the transaction reverted."""
    note: str | None = None
    """What the caller must know about an outcome that is not certain; null otherwise."""


class AssetChange(BaseModel):
    """One movement. `asset`: `native` or a contract's address. `amount`: base units, for erc721 the token's id."""

    model_config = ConfigDict(serialize_by_alias=True)

    asset: str
    """`native`, or the token contract's address with its checksum."""
    standard: AssetStandard
    """The kind of asset, by the event that reports the movement."""
    symbol: str | None
    """The symbol that the contract states, which is untrusted; null if it states none."""
    sender: str = Field(serialization_alias="from")
    """The account that had the asset before."""
    to: str
    """The account that has the asset afterwards."""
    amount: str
    """The amount in base units, decimal; for erc721 the token's id."""
    token_id: str | None = None
    """For erc1155 the id of the token of which the amount moves, decimal; null for other standards."""
    formatted: str | None
    """The amount in whole units; null if the decimals are unknown, and for single tokens."""


class GivenRight(BaseModel):
    """A right over `owner`'s tokens, or over a contract, that somebody has after the transaction by its logs."""

    kind: AllowanceKind
    """What kind of right it is."""
    contract: str
    """The contract that grants the right."""
    owner: str | None
    """The account whose tokens the right covers; null for a right over the contract itself."""
    who: str
    """The account that has the right; the zero address if nobody has it."""
    amount: str | None
    """The amount in base units, decimal; null for a right without a number."""
    event: str
    """The name of the event that reports the right."""
    revokes: bool
    """True if the transaction takes the right away."""
    single: bool = False
    """True if `amount` is the id of a single token."""


class Simulation(Transfer):
    """What the transaction would do now. What the node cannot tell is null: gas, fee, `asset_changes`.

    Those that take something from the sender come first; `more_asset_changes` counts what is left out. `rights` are
    allowances, operators and control that it gives or takes away. `untold`: why its effects are not known whole.
    """

    success: bool
    """False if the transaction would revert or fail now."""
    revert_reason: str | None = None
    """The reason in words; null if it would succeed."""
    return_data: str | None = None
    """The data that the call would return, as 0x hex; null if it would fail."""
    gas_estimate: str | None = None
    """The units of gas, decimal."""
    fee_estimate_wei: str | None = None
    """The whole fee in wei, decimal, with a rollup's fee for its L1."""
    fee_estimate_ether: str | None = None
    """The same fee in whole units of `currency`, decimal."""
    asset_changes: list[AssetChange] | None = None
    """The movements of assets; null if the node cannot simulate them."""
    more_asset_changes: int = 0
    """The number of movements that are left out of `asset_changes`."""
    rights: list[GivenRight] = []
    """The rights that the transaction gives or takes away, by its logs."""
    untold: str | None = None
    """The reason for which the effects are not known whole; null if they are."""

"""The objects that nodes return. A field that is missing, null or of another type is None."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, cast

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from worker.ethereum.node.fields import Address, Hash, HexData, Quantity, Succeeded, items, transaction_hash

RecipientKind = Literal["address", "none", "unknown"]


class _Answer(BaseModel):
    """Unknown fields are ignored; `given` names those that the node sent, readable or not."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)

    @classmethod
    def read(cls, answer: Any) -> Self | None:
        """Return None for null. A value that is not an object becomes an object without any known field."""
        if answer is None or isinstance(answer, cls):
            return answer
        return cls.model_validate(cast("dict[str, Any]", answer) if isinstance(answer, dict) else {})

    @property
    def given(self) -> set[str]:
        return self.model_fields_set


class Log(_Answer):
    address: Address = None
    """The contract that wrote the log."""
    topics: Annotated[list[Hash] | None, BeforeValidator(items)] = None
    """The topics as 32-byte 0x hashes; the first is usually the hash of the event's signature."""
    data: HexData = None
    """The data that is not indexed."""


def _objects(value: Any) -> list[Any] | None:
    """In a list of objects, a value that is not an object becomes an object without any known field."""
    found = items(value)
    return None if found is None else [each if isinstance(each, (dict, Log)) else {} for each in found]


Logs = Annotated[list[Log] | None, BeforeValidator(_objects)]


def _hashes(value: Any) -> list[str | None] | None:
    """A block lists its transactions as hashes or as objects."""
    found = items(value)
    if found is None:
        return None
    fields = (cast("dict[str, Any]", each).get("hash") if isinstance(each, dict) else each for each in found)
    return [transaction_hash(each) for each in fields]


class Receipt(_Answer):
    """The receipt of a transaction that is in a block."""

    transaction_hash: Hash = None
    """The transaction's hash."""
    succeeded: Succeeded = Field(default=None, validation_alias=AliasChoices("status", "succeeded"))
    """None if the receipt does not say. None never counts as a revert."""
    block_number: Quantity = None
    """The number of the block; null in a preconfirmation."""
    block_hash: Hash = None
    """The hash of the block."""
    sender: Address = Field(default=None, validation_alias=AliasChoices("from", "sender"))
    """The account that signed the transaction."""
    contract_address: Address = None
    """The contract that the transaction created."""
    gas_used: Quantity = None
    """The units of gas used."""
    effective_gas_price: Quantity = None
    """The price paid for a unit of gas, in wei."""
    l1_fee: Quantity = None
    """The fee that an OP-stack rollup charges for its L1, in wei."""
    operator_fee_scalar: Quantity = None
    """The part of an OP stack's operator fee that grows with the gas used."""
    operator_fee_constant: Quantity = None
    """The constant part of it. The formula depends on the fork, which a receipt does not name."""
    fee_currency: Address = None
    """The token in which the fee is paid on Celo."""
    fee_token: Address = None
    """The token in which the fee is paid on Tempo."""
    blob_gas_used: Quantity = None
    """The units of blob gas used (EIP-4844)."""
    blob_gas_price: Quantity = None
    """The price paid for a unit of blob gas, in wei."""
    logs: Logs = None
    """The logs that the transaction wrote, in order."""

    @property
    def is_in_block(self) -> bool:
        """Return False for a preconfirmation, whose block number is present but null (Base Flashblocks, 2025)."""
        return (
            self.block_number is not None or self.block_hash is not None or "block_number" not in self.given
        )

    def execution_fee(self, gas_price: int | None = None) -> int | None:
        """Return the wei for gas and blobs; `gas_price` is the transaction's, for receipts without one."""
        price = self.effective_gas_price if self.effective_gas_price is not None else gas_price
        if self.gas_used is None or price is None:
            return None
        blobs = 0 if not self.blob_gas_used else self.blob_gas_price
        return None if blobs is None else self.gas_used * price + (self.blob_gas_used or 0) * blobs

    def fee(self, gas_price: int | None = None, *, has_l1_fee: bool = False) -> int | None:
        """Return the whole fee in wei. None while a part of it is unknown, such as a rollup's fee for L1 (OP
        stack, Scroll), or while it is paid in another currency (Celo, Tempo). An OP stack's operator fee has another
        formula after each fork, which the receipt does not name.
        """
        if self.operator_fee_scalar or self.operator_fee_constant or self.fee_currency or self.fee_token:
            return None
        execution = self.execution_fee(gas_price)
        l1_fee = self.l1_fee if has_l1_fee or "l1_fee" in self.given else 0
        return None if execution is None or l1_fee is None else execution + l1_fee


class Transaction(_Answer):
    hash: Hash = None
    """The transaction's hash."""
    sender: Address = Field(default=None, validation_alias=AliasChoices("from", "sender"))
    """The account that signed the transaction."""
    to: Address = None
    """The recipient's address."""
    to_kind: RecipientKind = "unknown"
    """What `to` says: `none` for the creation of a contract, `unknown` if it cannot be read."""
    value: Quantity = None
    """The transferred value in wei."""
    input: HexData = Field(default=None, validation_alias=AliasChoices("input", "data"))
    """The call data, or the creation code."""
    nonce: Quantity = None
    """The number of the transaction among those of its sender."""
    gas: Quantity = Field(default=None, validation_alias=AliasChoices("gas", "gasLimit"))
    """The limit of gas that the sender set."""
    gas_price: Quantity = None
    """The price of a unit of gas, in wei."""
    chain_id: Quantity = None
    """The id of the chain for which the transaction is signed."""
    block_number: Quantity = None
    """The number of the block; None while the transaction is in none."""
    block_hash: Hash = None
    """The hash of the block; None while the transaction is in none."""
    authorization_list: Annotated[list[Any] | None, BeforeValidator(items)] = None
    """The accounts' delegations to code (EIP-7702), not parsed."""

    @classmethod
    def read(cls, answer: Any) -> Self | None:
        found = super().read(answer)
        if found is None or isinstance(answer, cls):
            return found
        return found.model_copy(update={"to_kind": _recipient(answer, found)})


def _recipient(answer: Any, found: Transaction) -> RecipientKind:
    """A contract's creation has no recipient: it is null or empty. A missing field says nothing."""
    if found.to is not None:
        return "address"
    return "none" if "to" in found.given and answer["to"] in (None, "", "0x") else "unknown"


class Block(_Answer):
    number: Quantity = None
    """The block's number."""
    hash: Hash = None
    """The block's hash."""
    parent_hash: Hash = None
    """The hash of the block before it."""
    timestamp: Quantity = None
    """The block's time; most chains count seconds since 1970, some milliseconds."""
    miner: Address = None
    """The account that receives the fees."""
    gas_used: Quantity = None
    """The units of gas used by all transactions."""
    gas_limit: Quantity = None
    """The limit of gas for the block."""
    base_fee_per_gas: Quantity = None
    """The base fee in wei per unit of gas (EIP-1559)."""
    transactions: Annotated[list[str | None] | None, BeforeValidator(_hashes)] = None
    """The hashes of the block's transactions; one that cannot be read is None."""


class SimulatedCall(_Answer):
    """One call of `eth_simulateV1`."""

    succeeded: Succeeded = Field(default=None, validation_alias=AliasChoices("status", "succeeded"))
    """Whether the call succeeded."""
    return_data: HexData = None
    """The data that the call returned."""
    logs: Logs = None
    """The logs that the call wrote, in order."""

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
    topics: Annotated[list[Hash] | None, BeforeValidator(items)] = None
    data: HexData = None


def _objects(value: Any) -> list[Any] | None:
    """In a list of objects, a value that is not an object becomes an object without any known field."""
    found = items(value)
    return None if found is None else [each if isinstance(each, dict | Log) else {} for each in found]


Logs = Annotated[list[Log] | None, BeforeValidator(_objects)]


def _hashes(value: Any) -> list[str | None] | None:
    """A block lists its transactions as hashes or as objects."""
    found = items(value)
    if found is None:
        return None
    fields = (cast("dict[str, Any]", each).get("hash") if isinstance(each, dict) else each for each in found)
    return [transaction_hash(each) for each in fields]


class Receipt(_Answer):
    """`succeeded`: None if the receipt does not say. None never counts as a revert."""

    transaction_hash: Hash = None
    succeeded: Succeeded = Field(default=None, validation_alias=AliasChoices("status", "succeeded"))
    block_number: Quantity = None
    block_hash: Hash = None
    sender: Address = Field(default=None, validation_alias=AliasChoices("from", "sender"))
    contract_address: Address = None
    gas_used: Quantity = None
    effective_gas_price: Quantity = None
    l1_fee: Quantity = None
    blob_gas_used: Quantity = None
    blob_gas_price: Quantity = None
    logs: Logs = None

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
        stack, Scroll).
        """
        execution = self.execution_fee(gas_price)
        l1_fee = self.l1_fee if has_l1_fee or "l1_fee" in self.given else 0
        return None if execution is None or l1_fee is None else execution + l1_fee


class Transaction(_Answer):
    hash: Hash = None
    sender: Address = Field(default=None, validation_alias=AliasChoices("from", "sender"))
    to: Address = None
    to_kind: RecipientKind = "unknown"
    value: Quantity = None
    input: HexData = Field(default=None, validation_alias=AliasChoices("input", "data"))
    nonce: Quantity = None
    gas: Quantity = Field(default=None, validation_alias=AliasChoices("gas", "gasLimit"))
    gas_price: Quantity = None
    chain_id: Quantity = None
    block_number: Quantity = None
    block_hash: Hash = None
    authorization_list: Annotated[list[Any] | None, BeforeValidator(items)] = None

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
    hash: Hash = None
    parent_hash: Hash = None
    timestamp: Quantity = None
    miner: Address = None
    gas_used: Quantity = None
    gas_limit: Quantity = None
    base_fee_per_gas: Quantity = None
    transactions: Annotated[list[str | None] | None, BeforeValidator(_hashes)] = None


class SimulatedCall(_Answer):
    """One call of `eth_simulateV1`."""

    succeeded: Succeeded = Field(default=None, validation_alias=AliasChoices("status", "succeeded"))
    return_data: HexData = None
    logs: Logs = None


def simulated_call(answer: Any) -> SimulatedCall | None:
    """Return the first call of the first block; None if the node's answer does not contain one."""
    try:
        call = answer[0]["calls"][0]
    except (TypeError, KeyError, IndexError):
        return None
    return SimulatedCall.read(call) if isinstance(call, dict) else None

"""Which block is meant, and blocks and transactions as the tools show them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from worker.ethereum.amounts import format_units, refuse_inexact
from worker.ethereum.chains import Chain
from worker.ethereum.node import Receipt, Transaction
from worker.tool_outcomes import ToolRefused

TAGS = ("latest", "pending", "safe", "finalized", "earliest")
MOST_HASHES = 50
GWEI_DECIMALS = 9

Block = Annotated[
    str | int,
    BeforeValidator(refuse_inexact),
    Field(description="A block number, a block hash, or latest, pending, safe, finalized, earliest."),
]
_HASH = re.compile(r"0x[0-9a-fA-F]{64}")
_NUMBER = re.compile(r"[0-9]{1,20}|0x[0-9a-fA-F]{1,16}")


def block_parameter(block: str | int) -> str:
    """The form that nodes take: a tag, a hash, or the number in hex."""
    text = str(block).strip().lower()
    if text in TAGS or _HASH.fullmatch(text):
        return text
    if not _NUMBER.fullmatch(text):
        raise ToolRefused(
            f"There is no block {text[:80]!r}.", f"Pass a number, a hash, or one of {', '.join(TAGS)}."
        )
    return hex(int(text, 16 if text.startswith("0x") else 10))


def block_at(parameter: str) -> str | dict[str, str]:
    """For state queries, a hash travels as an object (EIP-1898)."""
    return {"blockHash": parameter} if _HASH.fullmatch(parameter) else parameter


def transaction_hash(text: str) -> str:
    if not _HASH.fullmatch(text.strip()):
        raise ToolRefused(f"{text[:80]!r} is not a transaction hash: 0x and 64 hex digits.")
    return text.strip().lower()


async def show_block(chain: Chain, block: str | int) -> dict[str, Any]:
    """What the node does not tell is null."""
    found = await chain.block(block_parameter(block))
    if found is None:
        raise ToolRefused(f"{chain.name} has no block {block}.")
    base_fee, transactions = found.base_fee_per_gas, found.transactions
    return {
        "network": chain.name,
        "number": found.number,
        "hash": found.hash,
        "parent_hash": found.parent_hash,
        "timestamp": found.timestamp,
        "time": _time(found.timestamp),
        "miner": found.miner,
        "gas_used": decimal(found.gas_used),
        "gas_limit": decimal(found.gas_limit),
        "base_fee_wei": decimal(base_fee),
        "base_fee_gwei": None if base_fee is None else format_units(base_fee, GWEI_DECIMALS),
        "transaction_count": None if transactions is None else len(transactions),
        "transactions": None if transactions is None else transactions[:MOST_HASHES],
    }


def _time(timestamp: int | None) -> str | None:
    """Null for a time that no calendar has: some chains count in milliseconds."""
    try:
        return None if timestamp is None else datetime.fromtimestamp(timestamp, UTC).isoformat()
    except (OverflowError, ValueError, OSError):
        return None


async def show_transaction(chain: Chain, tx_hash: str) -> dict[str, Any]:
    """The transaction and its receipt in one; `status` is `pending` until it is in a block.

    What the node does not tell is null, and a status that it does not tell is `unknown`.
    """
    wanted = transaction_hash(tx_hash)
    found = await chain.transaction(wanted)
    if found is None:
        raise ToolRefused(
            f"{chain.name} knows no transaction {wanted}. It may be on another network, or not have arrived yet."
        )
    receipt = await chain.receipt(wanted)
    shown = _transaction(chain, found, wanted, await _named(chain, found))
    return shown | (
        _receipt(chain, receipt, found) if receipt and receipt.is_in_block else {"status": "pending"}
    )


async def _named(chain: Chain, found: Transaction) -> dict[str, Any]:
    sender = await chain.label(found.sender) if found.sender else None
    to = await chain.label(found.to) if found.to else None
    return {
        "from": sender.address if sender else None,
        "from_account": sender.name if sender else None,
        "to": to.address if to else None,
        "to_account": to.name if to else None,
        "creates_contract": None if found.to_kind == "unknown" else found.to_kind == "none",
    }


def _transaction(chain: Chain, found: Transaction, wanted: str, ends: dict[str, Any]) -> dict[str, Any]:
    value = found.value
    return {
        "network": chain.name,
        "hash": found.hash or wanted,
        **ends,
        "value_wei": decimal(value),
        "value_ether": None if value is None else format_units(value),
        "currency": chain.currency,
        "input": found.input,
        "nonce": found.nonce,
        "gas": decimal(found.gas),
        "chain_id": found.chain_id,
        "block_number": found.block_number,
    }


def _receipt(chain: Chain, receipt: Receipt, found: Transaction) -> dict[str, Any]:
    return {
        "status": status_of(receipt),
        "block_number": receipt.block_number if receipt.block_number is not None else found.block_number,
        "gas_used": decimal(receipt.gas_used),
        "effective_gas_price_wei": decimal(receipt.effective_gas_price),
        **fees(chain, receipt, found.gas_price),
        "contract_address": receipt.contract_address,
        "log_count": None if receipt.logs is None else len(receipt.logs),
    }


def status_of(receipt: Receipt) -> Literal["success", "reverted", "unknown"]:
    """A receipt that says nothing of success says nothing of failure."""
    return "unknown" if receipt.succeeded is None else "success" if receipt.succeeded else "reverted"


def fees(chain: Chain, receipt: Receipt, gas_price: int | None = None) -> dict[str, Any]:
    """Exact wei, and in the chain's coin. The whole is null as long as a part of it is unknown."""
    fee = receipt.fee(gas_price, has_l1_fee=chain.has_l1_fee)
    return {
        "fee_wei": decimal(fee),
        "fee_ether": None if fee is None else format_units(fee),
        "l1_fee_wei": decimal(receipt.l1_fee),
    }


def pick(shown: dict[str, Any], field: str | None) -> dict[str, Any]:
    """Only `field` of what is shown, beside what it belongs to."""
    if field is None:
        return shown
    if field not in shown:
        raise ToolRefused(f"There is no field {field[:60]!r}.", f"Choose one of {', '.join(shown)}.")
    return {"network": shown["network"], "hash": shown["hash"], "field": field, "value": shown[field]}


def decimal(number: int | None) -> str | None:
    return None if number is None else str(number)

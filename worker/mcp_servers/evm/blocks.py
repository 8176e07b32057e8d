"""Which block is meant, and blocks and transactions as the tools show them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from worker.mcp_servers.amounts import format_units, refuse_inexact
from worker.mcp_servers.chains import Chain
from worker.mcp_servers.toolbox import ToolRefused

TAGS = ("latest", "pending", "safe", "finalized", "earliest")
MOST_HASHES = 50
GWEI_DECIMALS = 9

Block = Annotated[
    str | int,
    BeforeValidator(refuse_inexact),
    Field(description="A block number, a block hash, or latest, pending, safe, finalized, earliest."),
]
_HASH = re.compile(r"0x[0-9a-fA-F]{64}")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-fA-F]{1,16}")


def block_parameter(block: str | int) -> str:
    """The form that nodes take: a tag, a hash, or the number in hex."""
    text = str(block).strip().lower()
    if text in TAGS or _HASH.fullmatch(text):
        return text
    if not _NUMBER.fullmatch(text):
        raise ToolRefused(
            f"There is no block {text[:80]!r}: pass a number, a hash, or one of {', '.join(TAGS)}."
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
    parameter = block_parameter(block)
    method = "eth_getBlockByHash" if _HASH.fullmatch(parameter) else "eth_getBlockByNumber"
    found = await chain.read(method, parameter, False)
    if found is None:
        raise ToolRefused(f"{chain.name} has no block {block}.")
    base_fee = number(found.get("baseFeePerGas"))
    return {
        "network": chain.name,
        "number": number(found.get("number")),
        "hash": found.get("hash"),
        "parent_hash": found.get("parentHash"),
        "timestamp": number(found["timestamp"]),
        "time": datetime.fromtimestamp(int(found["timestamp"], 16), UTC).isoformat(),
        "miner": found.get("miner"),
        "gas_used": decimal(found.get("gasUsed")),
        "gas_limit": decimal(found.get("gasLimit")),
        "base_fee_wei": None if base_fee is None else str(base_fee),
        "base_fee_gwei": None if base_fee is None else format_units(base_fee, GWEI_DECIMALS),
        "transaction_count": len(found["transactions"]),
        "transactions": found["transactions"][:MOST_HASHES],
    }


async def show_transaction(chain: Chain, tx_hash: str) -> dict[str, Any]:
    """The transaction and its receipt in one; `status` is `pending` until it is in a block."""
    wanted = transaction_hash(tx_hash)
    found = await chain.read("eth_getTransactionByHash", wanted)
    if found is None:
        raise ToolRefused(
            f"{chain.name} knows no transaction {wanted}. It may be on another network, or not have arrived yet."
        )
    receipt = await chain.read("eth_getTransactionReceipt", wanted)
    shown = _transaction(chain, found, await _named(chain, found))
    return shown | (_receipt(receipt) if receipt else {"status": "pending"})


async def _named(chain: Chain, found: dict[str, Any]) -> dict[str, Any]:
    sender = await chain.label(found["from"])
    to = await chain.label(found["to"]) if found.get("to") else None
    return {
        "from": sender.address,
        "from_account": sender.name,
        "to": to.address if to else None,
        "to_account": to.name if to else None,
    }


def _transaction(chain: Chain, found: dict[str, Any], ends: dict[str, Any]) -> dict[str, Any]:
    value = int(found["value"], 16)
    return {
        "network": chain.name,
        "hash": found["hash"],
        **ends,
        "value_wei": str(value),
        "value_ether": format_units(value),
        "currency": chain.currency,
        "input": found.get("input", "0x"),
        "nonce": number(found.get("nonce")),
        "gas": decimal(found.get("gas")),
        "chain_id": number(found.get("chainId")),
        "block_number": number(found.get("blockNumber")),
    }


def _receipt(receipt: dict[str, Any]) -> dict[str, Any]:
    fee = fee_paid(receipt)
    return {
        "status": "success" if receipt.get("status") == "0x1" else "reverted",
        "block_number": number(receipt.get("blockNumber")),
        "gas_used": decimal(receipt.get("gasUsed")),
        "effective_gas_price_wei": decimal(receipt.get("effectiveGasPrice")),
        "fee_wei": str(fee),
        "fee_ether": format_units(fee),
        "contract_address": receipt.get("contractAddress"),
        "log_count": len(receipt.get("logs") or []),
    }


def fee_paid(receipt: dict[str, Any]) -> int:
    """Wei, from the receipt's own gas and price."""
    return int(receipt["gasUsed"], 16) * int(receipt.get("effectiveGasPrice") or "0x0", 16)


def pick(shown: dict[str, Any], field: str | None) -> dict[str, Any]:
    """Only `field` of what is shown, beside what it belongs to."""
    if field is None:
        return shown
    if field not in shown:
        raise ToolRefused(f"There is no field {field[:60]!r}; choose one of {', '.join(shown)}.")
    return {"network": shown["network"], "hash": shown["hash"], "field": field, "value": shown[field]}


def number(quantity: str | None) -> int | None:
    return None if quantity is None else int(quantity, 16)


def decimal(quantity: str | None) -> str | None:
    return None if quantity is None else str(int(quantity, 16))

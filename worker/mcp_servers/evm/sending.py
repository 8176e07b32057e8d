"""Sending on the test network, by its node's unlocked accounts."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from worker.mcp_servers.amounts import format_units
from worker.mcp_servers.chains import Chain
from worker.mcp_servers.evm.blocks import decimal, fee_paid, number
from worker.mcp_servers.evm.results import Sent
from worker.mcp_servers.evm.transactions import Request, refusal
from worker.mcp_servers.rpc import NodeRefused, NodeUnreachable
from worker.mcp_servers.toolbox import ToolRefused

RECEIPT_SECONDS = 30.0
FIRST_POLL_SECONDS = 0.02
LONGEST_POLL_SECONDS = 0.5
NONCE_TRIES = 3
NONCE_IS_TAKEN = ("nonce too low", "replacement transaction underpriced")


def refuse_unless_testnet(chain: Chain) -> None:
    if not chain.sends:
        raise ToolRefused(
            f"send works on testnet only, and the network is {chain.name}: nothing was sent. "
            "Use send_transaction_to_wallet, which asks the user's own wallet."
        )


async def send_transaction(request: Request, wait_seconds: float = RECEIPT_SECONDS) -> Sent:
    """Checks first, sends once, and waits for the receipt. Raises `ToolRefused` when nothing was sent."""
    gas = await _check(request)
    tx_hash = await _send(request, gas)
    receipt = await _receipt(request.chain, tx_hash, wait_seconds)
    if receipt is None:
        note = f"Not in a block after {wait_seconds:g} s; ask tx for it later, and do not send it again."
        return Sent(**request.transfer(), hash=tx_hash, status="pending", note=note)
    return await outcome(request, tx_hash, receipt)


async def _send(request: Request, gas: str) -> str:
    """The hash. A nonce that another program has just used means that nothing was sent, so it is tried again."""
    tries = NONCE_TRIES
    while True:
        tries -= 1
        try:
            async with request.chain.sending(request.sender.address):
                return await request.chain.write("eth_sendTransaction", request.call() | {"gas": gas})
        except NodeRefused as error:
            if not tries or not any(text in error.reason.lower() for text in NONCE_IS_TAKEN):
                raise ToolRefused(f"Nothing was sent: {await _why(request, error)}") from error


async def _check(request: Request) -> str:
    """The gas that it needs. A revert or missing funds show here, before anything is sent."""
    try:
        _, gas = await asyncio.gather(
            request.chain.read("eth_call", request.call(), "latest"),
            request.chain.read("eth_estimateGas", request.call()),
        )
    except NodeRefused as error:
        raise ToolRefused(f"Nothing was sent: {await _why(request, error)}") from error
    return hex(int(gas, 16) * 6 // 5)


async def _why(request: Request, error: NodeRefused) -> str:
    if "insufficient funds" in error.reason.lower():
        balance = int(await request.chain.read("eth_getBalance", request.sender.address, "latest"), 16)
        has, needs = format_units(balance), format_units(request.value)
        return (
            f"insufficient funds. {request.sender.name or request.sender.address} has {has} "
            f"{request.chain.currency}, and {needs} plus the fee is needed."
        )
    if "no signer" in error.reason.lower() or "unknown account" in error.reason.lower():
        return f"the node holds no key for {request.sender.address}; send from one of the test accounts."
    return f"{refusal(error)}."


async def _receipt(chain: Chain, tx_hash: str, wait_seconds: float) -> dict[str, Any] | None:
    deadline = time.monotonic() + wait_seconds
    pause = FIRST_POLL_SECONDS
    while True:
        try:
            receipt = await chain.read("eth_getTransactionReceipt", tx_hash)
        except (NodeRefused, NodeUnreachable):
            receipt = None
        if receipt is not None or time.monotonic() + pause > deadline:
            return receipt
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, LONGEST_POLL_SECONDS)


async def outcome(request: Request, tx_hash: str, receipt: dict[str, Any]) -> Sent:
    succeeded = receipt["status"] == "0x1"
    fee = fee_paid(receipt)
    return Sent(
        **request.transfer(),
        hash=tx_hash,
        status="success" if succeeded else "reverted",
        block_number=number(receipt["blockNumber"]),
        contract_address=await _created(request.chain, receipt),
        gas_used=decimal(receipt["gasUsed"]),
        fee_wei=str(fee),
        fee_ether=format_units(fee),
        revert_reason=None if succeeded else await _revert_reason(request, receipt),
    )


async def _created(chain: Chain, receipt: dict[str, Any]) -> str | None:
    address = receipt.get("contractAddress")
    return (await chain.label(address)).address if address else None


async def _revert_reason(request: Request, receipt: dict[str, Any]) -> str:
    """The same call on the state that the transaction's block left: nodes keep no reasons."""
    try:
        await request.chain.read("eth_call", request.call(), receipt["blockNumber"])
    except NodeRefused as error:
        return refusal(error)
    return "unknown"

"""Sending on the test network, from its node's unlocked accounts."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from worker.concurrent_calls import both
from worker.ethereum.amounts import format_units
from worker.ethereum.blocks import decimal, fees, status_of
from worker.ethereum.chains import Chain
from worker.ethereum.node import Receipt, transaction_hash
from worker.ethereum.rpc import LOOK_FIRST, NodeRefused, NodeUnreadable
from worker.ethereum.transaction_results import Sent
from worker.ethereum.transactions import Request, refusal
from worker.tool_outcomes import OutcomeUnknown, ToolRefused, note

FIRST_POLL_SECONDS = 0.02
LONGEST_POLL_SECONDS = 0.5
NONCE_TRIES = 3


def refuse_unless_testnet(chain: Chain) -> None:
    if not chain.may_send:
        raise ToolRefused(
            f"Nothing was sent: only on testnet is there a key to send with, and the network is {chain.name}.",
            "Use send_transaction_to_wallet, which asks the user's own wallet.",
        )


async def send_transaction(request: Request, wait_seconds: float | None = None) -> Sent:
    """Check the transaction, send it once, and wait for its receipt.

    Raises `ToolRefused` if nothing was sent and `OutcomeUnknown` if the node returned no hash. Once there is a hash,
    no error of the node is raised: the result has the hash and whatever else is known.
    """
    gas = await _check(request)
    tx_hash = await _send(request, gas)
    note(f"the node took the transaction as {tx_hash}")
    seconds = request.chain.pacing.receipt_seconds if wait_seconds is None else wait_seconds
    receipt = await _receipt(request.chain, tx_hash, seconds)
    if receipt is None:
        told = f"Not in a block after {seconds:g} s: it may still come, so do not send it again."
        return Sent(**request.transfer(), hash=tx_hash, status="pending", note=told)
    return await outcome(request, tx_hash, receipt)


async def _send(request: Request, gas: str) -> str:
    """Return the hash. If another program has just used the nonce, nothing was sent, so sending is tried again."""
    tries = NONCE_TRIES
    while True:
        tries -= 1
        try:
            async with request.chain.sending_lock(request.sender.address):
                answer = await request.chain.write("eth_sendTransaction", request.call() | {"gas": gas})
        except NodeRefused as error:
            if error.fault.transaction:  # a node that mines at once reports the revert of what it has sent
                return error.fault.transaction
            if not tries or error.fault.meaning != "nonce taken":
                raise ToolRefused(f"Nothing was sent: {await _why(request, error)}") from error
        except ToolRefused as error:
            raise error.within("Nothing was sent") from error
        else:
            return _hash(request.chain, answer)


def _hash(chain: Chain, answer: Any) -> str:
    if (tx_hash := transaction_hash(answer)) is None:
        raise OutcomeUnknown(str(NodeUnreadable(chain.name, "eth_sendTransaction", answer)), LOOK_FIRST)
    return tx_hash


async def _check(request: Request) -> str:
    """Return the required gas. A revert or missing funds show here, before anything is sent."""
    try:
        _, gas = await both(
            request.chain.read("eth_call", request.call(), "latest"),
            request.chain.quantity("eth_estimateGas", request.call()),
        )
    except NodeRefused as error:
        raise ToolRefused(f"Nothing was sent: {await _why(request, error)}") from error
    except ToolRefused as error:
        raise error.within("Nothing was sent") from error
    return hex(gas * 6 // 5)


async def _why(request: Request, error: NodeRefused) -> str:
    if error.fault.meaning == "no funds":
        return await _lack_of_funds(request, error)
    if error.fault.meaning == "no signer":
        return f"the node holds no key for {request.sender.address}; send from one of the test accounts."
    return f"{refusal(error)}."


async def _lack_of_funds(request: Request, error: NodeRefused) -> str:
    try:
        balance = await request.chain.quantity("eth_getBalance", request.sender.address, "latest")
    except ToolRefused:
        return f"{refusal(error)}."
    has, needs = format_units(balance), format_units(request.value)
    return (
        f"insufficient funds. {request.sender.name or request.sender.address} has {has} "
        f"{request.chain.currency}, and {needs} plus the fee is needed."
    )


async def _receipt(chain: Chain, tx_hash: str, wait_seconds: float) -> Receipt | None:
    """Return None if the transaction is in no block in time, or the node cannot be asked."""
    deadline = time.monotonic() + wait_seconds
    pause = FIRST_POLL_SECONDS
    while True:
        try:
            receipt = await chain.receipt(tx_hash)
        except ToolRefused:
            receipt = None
        if receipt is not None and receipt.is_in_block:
            return receipt
        if time.monotonic() + pause > deadline:
            return None
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, LONGEST_POLL_SECONDS)


async def outcome(request: Request, tx_hash: str, answer: Any) -> Sent:
    """What a receipt says, parsed or as the node sent it."""
    receipt = Receipt.read(answer) or Receipt()
    status = status_of(receipt)
    told = "The node does not tell whether it succeeded: do not send it again."
    return Sent(
        **request.transfer(),
        hash=tx_hash,
        status=status,
        block_number=receipt.block_number,
        contract_address=await _created(request.chain, receipt),
        gas_used=decimal(receipt.gas_used),
        **fees(request.chain, receipt),
        revert_reason=await _revert_reason(request, receipt) if status == "reverted" else None,
        note=told if status == "unknown" else None,
    )


async def _created(chain: Chain, receipt: Receipt) -> str | None:
    if receipt.contract_address is None:
        return None
    try:
        return (await chain.label(receipt.contract_address)).address
    except ToolRefused:
        return receipt.contract_address


async def _revert_reason(request: Request, receipt: Receipt) -> str:
    """Repeat the call on the state after the transaction's block, because nodes do not store revert reasons."""
    if receipt.block_number is None:
        return UNKNOWN_REASON
    try:
        await request.chain.read("eth_call", request.call(), hex(receipt.block_number))
    except NodeRefused as error:
        return refusal(error)
    except ToolRefused:
        return UNKNOWN_REASON
    return UNKNOWN_REASON


UNKNOWN_REASON = "unknown"

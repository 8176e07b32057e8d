"""What a transaction would do now, without sending it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Literal

from eth_hash.auto import keccak

from worker.mcp_servers.addresses import parse_address
from worker.mcp_servers.amounts import format_units
from worker.mcp_servers.chains import Chain
from worker.mcp_servers.evm.blocks import decimal
from worker.mcp_servers.evm.results import AssetChange, Simulation
from worker.mcp_servers.evm.tokens import Token, read_token
from worker.mcp_servers.evm.transactions import Request, refusal, would_fail
from worker.mcp_servers.node import Log, quantity, simulated_call
from worker.mcp_servers.rpc import NodeRefused, NodeUnreadable
from worker.tool_outcomes import ToolRefused

TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
"""keccak256 of `Transfer(address,address,uint256)`."""
NATIVE = "0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"
"""The address under which eth_simulateV1 logs movements of the chain's own coin (execution-apis)."""
MOST_CHANGES = 50
GAS_PRICE_ORACLE = "0x420000000000000000000000000000000000000f"
"""The OP stack's predeploy that tells the fee for L1 (specs.optimism.io, Fjord)."""
UNSIGNED_BYTES = 120
"""A transaction without its call data and signature, at most."""


async def simulate_transaction(request: Request) -> Simulation:
    """Raises `ToolRefused` when the node cannot tell whether it would succeed; the rest is null where it cannot."""
    call = request.call()
    try:
        answer, gas = await asyncio.gather(request.chain.data("eth_call", call, "latest"), _gas(request))
    except NodeRefused as error:
        if not would_fail(error):
            raise
        return Simulation(**request.transfer(), success=False, revert_reason=refusal(error))
    fee = await _fee(request, gas)
    changes, more = await _asset_changes(request)
    return Simulation(
        **request.transfer(),
        success=True,
        return_data=answer,
        gas_estimate=decimal(gas),
        fee_estimate_wei=decimal(fee),
        fee_estimate_ether=None if fee is None else format_units(fee),
        asset_changes=changes,
        more_asset_changes=more,
    )


async def _gas(request: Request) -> int | None:
    """None when the node cannot tell. Raises `NodeRefused` when it says that the transaction fails."""
    try:
        return await request.chain.quantity("eth_estimateGas", request.call())
    except NodeRefused as error:
        if would_fail(error):
            raise
    except ToolRefused:
        pass
    return None


async def _fee(request: Request, gas: int | None) -> int | None:
    """Wei in all: on a rollup that bills for L1, that part too. None when a part cannot be told."""
    try:
        price = await request.chain.quantity("eth_gasPrice")
        l1_fee = await _l1_fee(request) if request.chain.has_l1_fee else 0
    except ToolRefused:
        return None
    return None if gas is None else gas * price + l1_fee


async def _l1_fee(request: Request) -> int:
    """By the chain's own oracle, from the size of the unsigned transaction. Raises `ToolRefused`."""
    size = UNSIGNED_BYTES + len(request.data)
    data = keccak(b"getL1FeeUpperBound(uint256)")[:4] + size.to_bytes(32)
    call = {"to": GAS_PRICE_ORACLE, "input": "0x" + data.hex()}
    answer = await request.chain.data("eth_call", call, "latest")
    if len(answer) != 66:
        raise NodeUnreadable(request.chain.name, "eth_call", answer)
    return int(answer, 16)


async def _asset_changes(request: Request) -> tuple[list[AssetChange] | None, int]:
    """A contract may log as many movements as it likes: what the sender loses must not drown in them."""
    simulation = {"blockStateCalls": [{"calls": [request.call()]}], "traceTransfers": True}
    try:
        answer = simulated_call(await request.chain.read("eth_simulateV1", simulation, "latest"))
    except ToolRefused:
        return None, 0
    if answer is None or answer.logs is None:
        return None, 0
    sender = request.sender.address[2:].lower()
    found = [moved for moved in map(_moved, answer.logs) if moved]
    moves = sorted(found, key=lambda move: move.sender[2:] != sender)[:MOST_CHANGES]
    addresses = sorted({move.token for move in moves} - {NATIVE})
    tokens = await asyncio.gather(*(_token(request.chain, address) for address in addresses))
    known = dict(zip(addresses, tokens, strict=True))
    return [_change(request.chain, move, known.get(move.token)) for move in moves], len(found) - len(moves)


async def _token(chain: Chain, address: str) -> Token:
    """A token that cannot be asked now is still named by its address."""
    try:
        return await read_token(chain, address)
    except ToolRefused:
        return Token(address, None, None)


@dataclass(frozen=True, slots=True)
class _Move:
    token: str
    sender: str
    to: str
    amount: int
    is_nft: bool


def _moved(log: Log) -> _Move | None:
    """None for what is no transfer, or not readable as one."""
    topics = log.topics or []
    if len(topics) not in (3, 4) or topics[0] != TRANSFER or log.address is None:
        return None
    is_nft = len(topics) == 4
    _, sender, to, *last = topics
    amount = quantity(last[0] if is_nft else (log.data or "")[:66])
    if sender is None or to is None or amount is None:
        return None
    return _Move(log.address, "0x" + sender[-40:], "0x" + to[-40:], amount, is_nft)


def _change(chain: Chain, move: _Move, token: Token | None) -> AssetChange:
    standard: Literal["native", "erc20", "erc721"] = (
        "native" if token is None else "erc721" if move.is_nft else "erc20"
    )
    amount = move.amount
    return AssetChange(
        asset="native" if token is None else parse_address(token.address),
        standard=standard,
        symbol=chain.currency if token is None else token.symbol,
        sender=parse_address(move.sender),
        to=parse_address(move.to),
        amount=str(amount),
        formatted=format_units(amount) if token is None else None if move.is_nft else token.format(amount),
    )

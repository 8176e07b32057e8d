"""What a transaction would do now, without sending it."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

from worker.mcp_servers.addresses import parse_address
from worker.mcp_servers.amounts import format_units
from worker.mcp_servers.chains import Chain
from worker.mcp_servers.evm.results import AssetChange, Simulation
from worker.mcp_servers.evm.tokens import Token, read_token
from worker.mcp_servers.evm.transactions import Request, refusal
from worker.mcp_servers.rpc import NodeRefused

TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
"""keccak256 of `Transfer(address,address,uint256)`."""
NATIVE = "0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"
"""The address under which eth_simulateV1 logs movements of the chain's own coin (execution-apis)."""
MOST_CHANGES = 50


async def simulate_transaction(request: Request) -> Simulation:
    call = request.call()
    try:
        answer, gas, price = await asyncio.gather(
            request.chain.read("eth_call", call, "latest"),
            request.chain.read("eth_estimateGas", call),
            request.chain.read("eth_gasPrice"),
        )
    except NodeRefused as error:
        return Simulation(**request.transfer(), success=False, revert_reason=refusal(error))
    fee = int(gas, 16) * int(price, 16)
    changes, more = await _asset_changes(request)
    return Simulation(
        **request.transfer(),
        success=True,
        return_data=answer,
        gas_estimate=str(int(gas, 16)),
        fee_estimate_wei=str(fee),
        fee_estimate_ether=format_units(fee),
        asset_changes=changes,
        more_asset_changes=more,
    )


async def _asset_changes(request: Request) -> tuple[list[AssetChange] | None, int]:
    """A contract may log as many movements as it likes: what the sender loses must not drown in them."""
    simulation = {"blockStateCalls": [{"calls": [request.call()]}], "traceTransfers": True}
    try:
        blocks = await request.chain.read("eth_simulateV1", simulation, "latest")
    except NodeRefused:
        return None, 0
    sender = request.sender.address[2:].lower()
    found = [log for log in blocks[0]["calls"][0]["logs"] if _is_transfer(log)]
    logs = sorted(found, key=lambda log: log["topics"][1][-40:].lower() != sender)[:MOST_CHANGES]
    addresses = sorted({log["address"] for log in logs} - {NATIVE})
    tokens = await asyncio.gather(*(read_token(request.chain, address) for address in addresses))
    known = dict(zip(addresses, tokens, strict=True))
    changes = [_change(request.chain, log, known.get(log["address"])) for log in logs]
    return changes, len(found) - len(logs)


def _is_transfer(log: dict[str, Any]) -> bool:
    topics = log["topics"]
    return len(topics) in (3, 4) and topics[0] == TRANSFER


def _change(chain: Chain, log: dict[str, Any], token: Token | None) -> AssetChange:
    topics: list[str] = log["topics"]
    is_nft = len(topics) == 4
    amount = int(topics[3] if is_nft else log["data"][:66].ljust(3, "0"), 16)
    standard: Literal["native", "erc20", "erc721"] = (
        "native" if token is None else "erc721" if is_nft else "erc20"
    )
    return AssetChange(
        asset="native" if token is None else parse_address(token.address),
        standard=standard,
        symbol=chain.currency if token is None else token.symbol,
        sender=parse_address("0x" + topics[1][-40:]),
        to=parse_address("0x" + topics[2][-40:]),
        amount=str(amount),
        formatted=format_units(amount) if token is None else None if is_nft else token.format(amount),
    )

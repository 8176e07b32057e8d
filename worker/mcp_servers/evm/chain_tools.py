"""Tools that read the chain itself: blocks, transactions, networks, the time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any

from fastmcp import FastMCP
from pydantic import Field

from worker.concurrent_calls import all_of
from worker.ethereum.blocks import Block, pick, show_block, show_transaction
from worker.ethereum.chains import Chain, Chains
from worker.ethereum.named_accounts import ACCOUNT_NAMES
from worker.ethereum.reading_results import CurrentTime, Networks, NetworkStatus
from worker.mcp_servers.server_base import DEFAULT_NETWORK, PURE, READS, NetworkName
from worker.tool_outcomes import ToolRefused

OneField = Annotated[
    str | None, Field(description="Show only this field of the result, such as status or gas_used.")
]

STATUS_SECONDS = 4.0


def add_chain_tools(server: FastMCP[Any], chains: Chains) -> None:
    @server.tool(annotations=READS)
    async def tx(
        tx_hash: Annotated[str, Field(description="The transaction's hash: 0x and 64 hex digits.")],
        field: OneField = None,
        network: NetworkName = DEFAULT_NETWORK,
    ) -> dict[str, Any]:
        """A transaction and its outcome: status (success, reverted, pending), value, fee, block."""
        return pick(await show_transaction(chains.get(network), tx_hash), field)

    @server.tool(annotations=READS)
    async def block(
        block: Block = "latest", field: OneField = None, network: NetworkName = DEFAULT_NETWORK
    ) -> dict[str, Any]:
        """A block: number, time, gas, base fee, and the hashes of its first 50 transactions."""
        return pick(await show_block(chains.get(network), block), field)

    @server.tool(annotations=READS)
    async def list_networks() -> Networks:
        """The networks that can be used: chain id, currency, explorer, and whether test transactions can be sent."""
        return Networks(networks=await all_of(network_status(chain) for chain in chains.all()))

    @server.tool(annotations=PURE)
    async def get_current_time() -> CurrentTime:
        """The time now, in UTC and as Unix seconds (for deadlines)."""
        now = datetime.now(UTC)
        return CurrentTime(utc=now.isoformat(timespec="seconds"), unix=int(now.timestamp()))


async def network_status(chain: Chain) -> NetworkStatus:
    try:
        async with asyncio.timeout(STATUS_SECONDS):
            info, addresses = await chain.info(), await chain.test_accounts()
    except (ToolRefused, TimeoutError) as error:
        problem = str(error) or f"The node of {chain.name} did not answer within {STATUS_SECONDS:g} s."
        return NetworkStatus(**chain.expected.model_dump(), reachable=False, problem=problem)
    named = [await chain.label(address) for address in addresses]
    accounts = {name: account.address for name, account in zip(ACCOUNT_NAMES, named, strict=False)}
    return NetworkStatus(**info.model_dump(), reachable=True, accounts=accounts)

"""The `zerox` MCP server: prices and quotes of token swaps (0x Swap API v2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastmcp import FastMCP
from pydantic import BeforeValidator, Field

from worker.ethereum.amounts import refuse_inexact
from worker.mcp_servers.server_base import READS, NetworkName, new_server
from worker.mcp_servers.web.http_client import ApiPacing
from worker.mcp_servers.zerox.api import SwapRequest, ZeroxApi
from worker.mcp_servers.zerox.results import SwapPrice, SwapQuote

INSTRUCTIONS = """Prices and quotes of token swaps on public networks. A price is indicative; a quote carries the \
transaction to hand to the user's wallet within about 30 seconds, after the allowance that it names was given."""

Token = Annotated[
    str,
    Field(
        description="The token contract's address, or ETH (POL on polygon) for the native currency.",
        max_length=64,
    ),
]
SellAmount = Annotated[
    str | int,
    BeforeValidator(refuse_inexact),
    Field(description="How much to sell, in base units as a string; for the native currency also '1.5 ETH'."),
]
Slippage = Annotated[
    int, Field(ge=0, le=10_000, description="Largest slippage in hundredths of a percent; 100 is 1 %.")
]


def build(environment: Mapping[str, str], pacing: ApiPacing | None = None) -> FastMCP[Any]:
    api = ZeroxApi(environment, pacing)
    server = new_server("zerox", INSTRUCTIONS, api.close)

    @server.tool(annotations=READS, meta=api.meta)
    async def get_swap_price(
        sell_token: Token,
        buy_token: Token,
        sell_amount: SellAmount,
        taker: Annotated[str, Field(description="The address that would swap; may be left out.")] = "",
        slippage_bps: Slippage = 100,
        network: NetworkName = "mainnet",
    ) -> SwapPrice:
        """What a swap would give now: an indicative price, without a transaction."""
        return await api.price(SwapRequest(network, sell_token, buy_token, sell_amount, taker, slippage_bps))

    @server.tool(annotations=READS, meta=api.meta)
    async def get_swap_quote(
        sell_token: Token,
        buy_token: Token,
        sell_amount: SellAmount,
        taker: Annotated[str, Field(description="The address that swaps and signs: the user's wallet.")],
        slippage_bps: Slippage = 100,
        network: NetworkName = "mainnet",
    ) -> SwapQuote:
        """A firm quote for a swap with the transaction for the user's wallet, and what must be approved first."""
        return await api.quote(SwapRequest(network, sell_token, buy_token, sell_amount, taker, slippage_bps))

    return server

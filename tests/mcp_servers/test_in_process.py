"""The worker calls its own servers as functions and gets the same results as a client of a session."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastmcp import Client
from fastmcp.exceptions import ToolError
from pydantic_ai.mcp import MCPToolset

from worker.agent.tools.mounted_server import Server
from worker.mcp_servers.own_servers import mount

CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("evm", "balance", {"who": "Alice"}),
    ("evm", "block", {"block": "earliest"}),
    ("evm", "simulate", {"from": "Alice", "to": "Bob", "value": "1 ether"}),
    ("evm", "list_networks", {}),
    ("evm", "encode_function_call", {"signature": "f((uint256,bool)[])", "arguments": [[["1", True]]]}),
    ("uniswap_docs", "search_uniswap_docs", {"query": "hooks", "limit": 1}),
]
REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("evm", "balance", {"who": "vitalik.eth"}),
    ("evm", "balance", {}),
    ("evm", "balance", {"who": 5, "unknown": 1}),
    ("evm", "send", {"from": "Alice", "to": "Bob", "value": 0.5}),
    ("evm", "tx", {"tx_hash": "0x12"}),
    ("evm", "no_such_tool", {}),
    ("brave_search", "brave_search", {"q": "x"}),
    ("uniswap_docs", "search_uniswap_docs", {"query": "x", "limit": 99}),
]


@pytest.fixture
async def both(anvil: str) -> AsyncIterator[dict[str, tuple[MCPToolset[Any], Client[Any]]]]:
    """Of each server as the worker calls it, and as a client does."""
    servers = mount({"TESTNET_RPC_URL": anvil})
    clients = {name: (Server.of(name, server).toolset, Client(server)) for name, server in servers}
    for _, client in clients.values():
        await client.__aenter__()
    yield clients
    for _, client in clients.values():
        await client.close()


@pytest.mark.chain
@pytest.mark.parametrize(("server", "tool", "arguments"), CALLS, ids=[call[1] for call in CALLS])
async def test_the_result_is_the_same_as_over_a_session(
    both: dict[str, Any], server: str, tool: str, arguments: dict[str, Any]
) -> None:
    toolset, client = both[server]
    over_session = await MCPToolset(client).direct_call_tool(tool, arguments)
    assert await toolset.direct_call_tool(tool, arguments) == over_session


@pytest.mark.chain
@pytest.mark.parametrize(("server", "tool", "arguments"), REFUSED)
async def test_the_refusal_is_the_same_as_over_a_session(
    both: dict[str, Any], server: str, tool: str, arguments: dict[str, Any]
) -> None:
    toolset, client = both[server]
    refusals: list[str] = []
    for caller in (toolset, MCPToolset(client, tool_error_behavior="error")):
        with pytest.raises(ToolError) as refused:
            await caller.direct_call_tool(tool, arguments)
        refusals.append(str(refused.value))
    assert refusals[0] == refusals[1]

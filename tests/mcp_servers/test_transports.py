"""The servers seen by a client that is not ours: the `mcp` library, over stdio and streamable HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

from tests.mcp_servers.conftest import ROOT, free_port
from worker.mcp_servers import mount

SERVERS = ["etherscan", "brave_search", "zerox", "uniswap_docs"]
PATHS = os.pathsep.join(str(ROOT / part) for part in ("", "layers/forge"))


def environment(anvil: str) -> dict[str, str]:
    return {"TESTNET_RPC_URL": anvil, "PYTHONPATH": PATHS, "PATH": os.environ["PATH"]}


@asynccontextmanager
async def over_stdio(server: str, anvil: str) -> AsyncGenerator[ClientSession]:
    parameters = StdioServerParameters(
        command=sys.executable, args=["-m", f"worker.mcp_servers.{server}"], env=environment(anvil), cwd=ROOT
    )
    async with stdio_client(parameters) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        yield session


@asynccontextmanager
async def serving(server: str, anvil: str) -> AsyncGenerator[str]:
    port = free_port()
    arguments = ["-m", f"worker.mcp_servers.{server}", "--http", "--port", str(port)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, env=environment(anvil), cwd=ROOT, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await listening(port)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 10)


async def listening(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                await writer.wait_closed()
                return


async def declared(server: str) -> dict[str, Any]:
    built = dict(mount({}))[server]
    return {tool.name: tool.parameters for tool in await built.list_tools()}


async def use_as_a_foreign_client(session: ClientSession) -> None:
    tools = {tool.name: tool for tool in (await session.list_tools()).tools}
    assert {name: tool.input_schema for name, tool in tools.items()} == await declared("evm")
    hints = tools["send"].annotations
    assert hints is not None
    assert hints.destructive_hint is True
    sent: Any = await session.call_tool("send", {"from": "Alice", "to": "Bob", "value": "1 gwei"})
    assert sent.structured_content["status"] == "success"
    assert json.loads(sent.content[0].text) == sent.structured_content
    failed: Any = await session.call_tool("balance", {"who": "vitalik.eth"})
    assert failed.is_error is True
    assert "ENS-style" in failed.content[0].text


@pytest.mark.chain
async def test_a_foreign_client_lists_and_calls_the_evm_tools_over_stdio(anvil: str) -> None:
    async with over_stdio("evm", anvil) as session:
        await use_as_a_foreign_client(session)


@pytest.mark.chain
async def test_a_foreign_client_does_so_over_http_where_foreign_hosts_and_origins_are_refused(
    anvil: str,
) -> None:
    """A page that rebinds its name to this machine cannot use the tools."""
    async with serving("evm", anvil) as url:
        async with streamable_http_client(url) as streams, ClientSession(*streams) as session:
            await session.initialize()
            await use_as_a_foreign_client(session)
        async with aiohttp.ClientSession() as http:
            for headers in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}):
                async with http.post(url, json={}, headers=headers) as response:
                    assert response.status in {403, 421}


@pytest.mark.slow
async def test_a_foreign_client_lists_every_other_servers_tools_over_stdio() -> None:
    async def listed(server: str) -> dict[str, Any]:
        async with over_stdio(server, "") as session:
            return {tool.name: tool.input_schema for tool in (await session.list_tools()).tools}

    for server, tools in zip(SERVERS, await asyncio.gather(*map(listed, SERVERS)), strict=True):
        assert tools == await declared(server)

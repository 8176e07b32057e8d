"""The servers seen by clients that are not ours: the `mcp` library and the npm inspector, over both transports."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

from tests.mcp_servers.conftest import ROOT, free_port
from tests.patience import PATIENCE_SECONDS
from worker.mcp_servers.own_servers import mount

SERVERS = ["evm", "etherscan", "brave_search", "zerox", "uniswap_docs"]
PATHS = os.pathsep.join(str(ROOT / part) for part in ("", "layers/forge"))
INSPECTOR = str(ROOT / "node_modules/.bin/mcp-inspector")

pytestmark = pytest.mark.chain


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
async def over_http(url: str) -> AsyncGenerator[ClientSession]:
    async with streamable_http_client(url) as streams, ClientSession(*streams) as session:
        await session.initialize()
        yield session


@pytest.fixture(scope="module")
def urls(anvil: str) -> Iterator[dict[str, str]]:
    """Every server by itself, over streamable HTTP."""
    ports = {name: free_port() for name in SERVERS}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.mcp_servers.all_alone", *(f"{name}:{ports[name]}" for name in SERVERS)],
        cwd=ROOT,
        env=environment(anvil),
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    yield {name: f"http://127.0.0.1:{port}/mcp" for name, port in ports.items()}
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(PATIENCE_SECONDS)


async def listening(port: int) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                await writer.wait_closed()
                return


async def ready(url: str) -> str:
    await listening(int(url.split(":")[2].split("/")[0]))
    return url


async def inspect(*arguments: str) -> Any:
    process = await asyncio.create_subprocess_exec(
        INSPECTOR,
        "--cli",
        *arguments,
        cwd=ROOT,
        env=dict(os.environ),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, complaints = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
    assert process.returncode == 0, complaints.decode()
    return json.loads(output)


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


async def test_a_foreign_client_lists_and_calls_the_evm_tools_over_stdio(anvil: str) -> None:
    async with over_stdio("evm", anvil) as session:
        await use_as_a_foreign_client(session)


async def test_a_foreign_client_lists_and_calls_the_evm_tools_over_http(urls: dict[str, str]) -> None:
    async with over_http(await ready(urls["evm"])) as session:
        await use_as_a_foreign_client(session)


@pytest.mark.parametrize("server", SERVERS[1:])
async def test_a_foreign_client_lists_every_other_servers_tools_over_http(
    urls: dict[str, str], server: str
) -> None:
    async with over_http(await ready(urls[server])) as session:
        tools = {tool.name: tool.input_schema for tool in (await session.list_tools()).tools}
    assert tools == await declared(server)


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}])
async def test_a_page_that_rebinds_its_name_to_this_machine_cannot_use_the_tools(
    urls: dict[str, str], headers: dict[str, str]
) -> None:
    url = await ready(urls["evm"])
    async with aiohttp.ClientSession() as http, http.post(url, json={}, headers=headers) as response:
        assert response.status in {403, 421}


@pytest.mark.slow
async def test_the_inspector_lists_the_tools_over_stdio() -> None:
    server = (sys.executable, "-m", "worker.mcp_servers.uniswap_docs")
    listed = await inspect("-e", f"PYTHONPATH={PATHS}", *server, "--method", "tools/list")
    assert {tool["name"]: tool["inputSchema"] for tool in listed["tools"]} == await declared("uniswap_docs")


@pytest.mark.slow
async def test_the_inspector_calls_a_tool_over_http(urls: dict[str, str]) -> None:
    called = ("--method", "tools/call", "--tool-name", "balance", "--tool-arg", "who=Bob")
    result = await inspect(await ready(urls["evm"]), "--transport", "http", *called)
    assert result["isError"] is False
    assert result["structuredContent"]["account"] == "Bob"

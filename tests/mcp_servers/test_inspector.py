"""The npm inspector's command line, over both transports."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

import pytest

from tests.mcp_servers.conftest import ROOT
from tests.mcp_servers.test_transports import PATHS, serving

pytestmark = [pytest.mark.chain, pytest.mark.slow]
INSPECTOR = str(ROOT / "node_modules/.bin/mcp-inspector")


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
    output, complaints = await asyncio.wait_for(process.communicate(), 50)
    assert process.returncode == 0, complaints.decode()
    return json.loads(output)


async def test_the_inspector_lists_the_tools_over_stdio(anvil: str) -> None:
    environment = ("-e", f"TESTNET_RPC_URL={anvil}", "-e", f"PYTHONPATH={PATHS}")
    server = (sys.executable, "-m", "worker.mcp_servers.evm")
    listed = await inspect(*environment, *server, "--method", "tools/list")
    assert {"balance", "send", "encode_function_call"} <= {tool["name"] for tool in listed["tools"]}


async def test_the_inspector_calls_a_tool_over_http(anvil: str) -> None:
    async with serving("evm", anvil) as url:
        called = ("--method", "tools/call", "--tool-name", "balance", "--tool-arg", "who=Bob")
        result = await inspect(url, "--transport", "http", *called)
    assert result["isError"] is False
    assert result["structuredContent"]["account"] == "Bob"

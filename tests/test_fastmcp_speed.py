"""Servers that are made again have the tools, schemas and functions of their own that FastMCP makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from fastmcp.tools import FunctionTool
from fastmcp.tools.function_parsing import ParsedFunction

from tests import fastmcp_speed
from worker.mcp_servers import own_servers

ENVIRONMENTS = ({}, {"TESTNET_RPC_URL": "http://127.0.0.1:9", "BASE_RPC_URL": "http://127.0.0.1:10"})


async def tools(environment: Mapping[str, str]) -> list[FunctionTool]:
    listed = [await server.list_tools() for _, server in own_servers.mount(environment)]
    return [tool for each in listed for tool in each if isinstance(tool, FunctionTool)]


def definitions(listed: list[FunctionTool]) -> list[dict[str, Any]]:
    return [tool.to_mcp_tool().model_dump() for tool in listed]


@pytest.mark.slow
@pytest.mark.parametrize("environment", ENVIRONMENTS)
async def test_a_tool_that_was_parsed_once_has_the_same_schema(
    environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in ENVIRONMENTS:
        await tools(each)
    made_again = await tools(environment)
    monkeypatch.setattr(ParsedFunction, "from_function", fastmcp_speed._parse)
    assert definitions(made_again) == definitions(await tools(environment))
    assert made_again


async def test_a_tool_of_a_server_calls_the_function_of_this_server() -> None:
    first, second = await tools({}), await tools({})
    assert [tool.name for tool in first] == [tool.name for tool in second]
    assert not {id(tool.fn) for tool in first} & {id(tool.fn) for tool in second}

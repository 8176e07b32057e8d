"""Tools that are made again have the schemas that FastMCP makes."""

from __future__ import annotations

from typing import Any

import pytest
from fastmcp import FastMCP
from fastmcp.tools.function_parsing import ParsedFunction

from tests import fastmcp_speed
from worker.mcp_servers import evm


async def definitions(server: FastMCP[Any]) -> list[Any]:
    return [tool.to_mcp_tool().model_dump() for tool in await server.list_tools()]


async def test_a_tool_that_was_parsed_once_has_the_same_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    evm.build({})
    made_again = await definitions(evm.build({}))
    monkeypatch.setattr(ParsedFunction, "from_function", fastmcp_speed._parse)
    assert made_again == await definitions(evm.build({}))
    assert made_again

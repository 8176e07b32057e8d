"""The MCP servers that come with forge-mcp."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastmcp import FastMCP

from worker.mcp_servers import evm


def mount(environment: Mapping[str, str]) -> list[FastMCP[Any]]:
    """All servers, to be used in this process. Nothing connects before a tool is called."""
    return [build(environment) for build in (evm.build,)]

"""An MCP client whose tool errors keep the kind that our servers write into a result's `_meta`."""

from __future__ import annotations

from typing import Any

from fastmcp import Client
from mcp_types import CallToolResult

from worker.tool_outcomes import carried, ended_as

INIT_SECONDS = 5.0
READ_SECONDS = 300.0
"""The limits of pydantic-ai's own client."""


class TypedClient(Client[Any]):
    """Raises `ToolEnded` for an error whose kind is known. Any other error result is passed on unchanged."""

    def __init__(self, source: Any) -> None:
        super().__init__(source, timeout=READ_SECONDS, init_timeout=INIT_SECONDS)

    async def call_tool_mcp(self, *args: Any, **options: Any) -> CallToolResult:
        result = await super().call_tool_mcp(*args, **options)
        if result.is_error and (kind := carried(result.meta)):
            raise ended_as(kind, result.content, result.meta)
        return result

"""Calls to the MCP servers that run in the worker's own process."""

from __future__ import annotations

from typing import Any

from pydantic_ai.mcp import MCPToolset

from worker.agent.deps import RunDeps
from worker.mcp_servers.server_base import OwnServer
from worker.tool_outcomes import carried, ended_as


class InProcess(MCPToolset[RunDeps]):
    """Calls a server of ours as a function. A session would convert the same objects to JSON and back, which takes 2
    ms for a call.

    The tools are still listed over a session, which opens and closes what the server needs.
    """

    own_server: OwnServer
    """The server whose tools are called as functions."""

    async def direct_call_tool(
        self,
        name: str,
        args: dict[str, Any],
        *,
        metadata: dict[str, Any] | None = None,
        use_task: bool = False,
    ) -> Any:
        result = await self.own_server.call_tool(name, args)
        if result.is_error:
            raise ended_as(carried(result.meta) or "unknown", result.content, result.meta)
        return result.structured_content

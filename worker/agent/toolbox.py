"""The MCP servers' tools, connected once for the whole process. A server that is down costs its tools only."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from fastmcp import Client, FastMCP
from fastmcp.client.transports import ClientTransport
from fastmcp.exceptions import ToolError
from mcp.shared.exceptions import MCPError
from mcp.types import Tool
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.toolsets import AbstractToolset

from forge.models.run import CommandResult, ToolCommand
from forge.models.session import NetworkInfo, ToolInfo
from worker.agent.deps import RunDeps
from worker.agent.journal import CallLedger
from worker.agent.toolsets import (
    NETWORK,
    OWN_TOOLS,
    SessionNetwork,
    hides_network,
    name_the_call,
    own_tools,
    without_network,
)

ServerSource = Client[Any] | ClientTransport | FastMCP[Any] | str
"""What an MCP client can connect to: a server in this process, a transport, a URL."""

CONNECT_SECONDS = 10.0
_CALL_SECONDS = 20.0


@dataclass
class Server:
    """One MCP server. `tools` are those that it offers us and no earlier server does."""

    name: str
    toolset: MCPToolset[RunDeps]
    tools: dict[str, Tool] = field(default_factory=dict[str, Tool])
    is_connected: bool = False


@dataclass
class Toolbox:
    """`servers`: anything that an MCP client can connect to, by name; a `FastMCP` object runs in this process."""

    servers: Sequence[Server]
    networks: Sequence[NetworkInfo] = ()
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    @classmethod
    def of(cls, servers: Sequence[tuple[str, ServerSource]], networks: Sequence[NetworkInfo] = ()) -> Toolbox:
        return cls([Server(name, _toolset(name, client)) for name, client in servers], networks)

    async def connect(self) -> bool:
        """Connect every server that is not yet; whether any was newly connected."""
        missing = [server for server in self.servers if not server.is_connected]
        return any([await self._connect(server) for server in missing])

    async def close(self) -> None:
        await self._stack.aclose()

    @property
    def notices(self) -> list[str]:
        return [
            f"The tools of the MCP server “{server.name}” are not available: it cannot be reached."
            for server in self.servers
            if not server.is_connected
        ]

    @property
    def tools(self) -> list[ToolInfo]:
        return [
            _tool_info(tool, server.name)
            for server in self.servers
            if server.is_connected
            for tool in server.tools.values()
        ]

    def toolsets(self) -> list[AbstractToolset[RunDeps]]:
        """What a run works with. The order of the wrappers: the journal sees the network that a call really used."""
        mounted: list[AbstractToolset[RunDeps]] = [
            SessionNetwork(CallLedger(_only(server))) for server in self.servers if server.is_connected
        ]
        return [*mounted, CallLedger(own_tools())]

    async def run(self, command: ToolCommand) -> CommandResult:
        """Run a read-only tool outside a conversation."""
        server = next((server for server in self.servers if command.name in server.tools), None)
        if server is None or not _is_read_only(server.tools[command.name]):
            return CommandResult(success=False, message=f"There is no read-only tool {command.name!r}.")
        arguments = _with_network(server.tools[command.name], command)
        try:
            async with asyncio.timeout(_CALL_SECONDS):
                data = await server.toolset.direct_call_tool(command.name, arguments)
        except (ToolError, MCPError) as error:
            return CommandResult(success=False, message=str(error))
        except TimeoutError:
            return CommandResult(success=False, message=f"The tool {command.name!r} took too long.")
        return CommandResult(success=True, message=f"Called {command.name}.", data=data)

    async def _connect(self, server: Server) -> bool:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._stack.enter_async_context(server.toolset)
                offered = await server.toolset.list_tools()
        except Exception:  # noqa: BLE001  whatever a foreign server does costs only its own tools
            return False
        taken = OWN_TOOLS.union(*(other.tools for other in self.servers))
        server.tools = {tool.name: tool for tool in offered if tool.name not in taken}
        server.is_connected = True
        return True


def _toolset(name: str, client: ServerSource) -> MCPToolset[RunDeps]:
    # "error": with the library's other modes a time-out would tell the LLM to repeat a transfer.
    return MCPToolset(client, id=name, tool_error_behavior="error", process_tool_call=name_the_call)


def _only(server: Server) -> AbstractToolset[RunDeps]:
    return server.toolset.filtered(lambda _ctx, tool: tool.name in server.tools)


def _tool_info(tool: Tool, server: str) -> ToolInfo:
    return ToolInfo(
        name=tool.name,
        description=tool.description or "",
        parameters=without_network(tool.input_schema),
        server=server,
        read_only=_is_read_only(tool),
    )


def _is_read_only(tool: Tool) -> bool:
    return tool.annotations is not None and tool.annotations.read_only_hint is True


def _with_network(tool: Tool, command: ToolCommand) -> dict[str, Any]:
    if not hides_network(tool.input_schema):
        return command.arguments
    return {**command.arguments, NETWORK: command.network}

"""One MCP server in the toolbox."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from fastmcp import Client, FastMCP
from fastmcp.client.transports import ClientTransport
from mcp.types import Tool
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.toolsets import AbstractToolset

from forge.models.session import ToolInfo
from worker.agent.deps import RunDeps
from worker.agent.llm.provider_limits import ProviderLimits
from worker.agent.tools.ask_permission import Heard
from worker.agent.tools.in_process import InProcess
from worker.agent.tools.session_network import (
    SessionNetwork,
    has_network,
    name_the_call,
    on_network,
    without_network,
)
from worker.agent.tools.typed_client import TypedClient
from worker.mcp_servers.server_base import OwnServer

ServerSource = Client[Any] | ClientTransport | FastMCP[Any] | str
"""Anything that an MCP client can connect to: a server in this process, a transport, a URL."""

CONNECT_SECONDS = 10.0


@dataclass
class Server:
    """A server and the tools that it offers. A third-party server gets no network argument of ours."""

    name: str
    """The name by which notices and logs identify the server."""
    toolset: MCPToolset[RunDeps]
    """The connection through which the LLM's calls reach the server."""
    is_external: bool = False
    """True for a third-party server, whose tools may change."""
    notes_strangers: bool = False
    """True if the server's tools mark text from strangers themselves."""
    is_connected: bool = False
    """True once the server has been connected."""
    tools: dict[str, Tool] = field(default_factory=dict[str, Tool])
    """The tools that the server offers now, by name."""

    @classmethod
    def of(cls, name: str, source: ServerSource, *, is_external: bool = False) -> Server:
        # In the library's other modes a timeout would tell the LLM to repeat the call, even a transfer.
        options: dict[str, Any] = {
            "id": name,
            "tool_error_behavior": "error",
            "process_tool_call": name_the_call,
        }
        if not isinstance(source, OwnServer) or is_external:
            client = source if isinstance(source, Client) else TypedClient(source)
            return cls(name, MCPToolset(client, cache_tools=not is_external, **options), is_external)
        toolset = InProcess(source, **options)
        toolset.own_server = source
        return cls(name, toolset, notes_strangers=source.notes_strangers)

    async def list_tools(self, stack: AsyncExitStack, taken: frozenset[str]) -> list[str]:
        """Connect if necessary. A server that fails offers no tools and does not delay the others. Return the reasons
        for which tools are left out.
        """
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                if not self.is_connected:
                    await stack.enter_async_context(self.toolset)
                    self.is_connected = True
                offered: list[Tool] = await self.toolset.list_tools()
        except Exception:  # noqa: BLE001
            offered = []
        self.tools = {tool.name: tool for tool in offered if tool.name not in taken}
        names = [tool.name for tool in offered if tool.name in taken]
        return [f"External tool {name} is left out: another tool has its name." for name in names]

    def fit(self, limits: ProviderLimits, room: int | None) -> list[str]:
        """Leave out tools that the provider would refuse, and those beyond `room`. Return the reasons, by tool."""
        faults = {name: limits.fault(tool.input_schema) for name, tool in self.tools.items()}
        fitting = {name: tool for name, tool in self.tools.items() if not faults[name]}
        self.tools = dict(list(fitting.items())[:room])
        return [f"External tool {name} is left out: {fault}." for name, fault in faults.items() if fault] + [
            f"External tool {name} is left out: {limits.name} takes {limits.tools} tools at most."
            for name in fitting
            if name not in self.tools
        ]

    def offered(self) -> AbstractToolset[RunDeps]:
        names = frozenset(self.tools)
        offered = self.toolset.filtered(lambda _ctx, tool: tool.name in names)
        if self.is_external:
            return Heard(offered, always=True)
        return Heard(SessionNetwork(offered), notes=self.notes_strangers)

    def infos(self) -> list[ToolInfo]:
        return [
            ToolInfo(
                name=tool.name,
                description=tool.description or "",
                parameters=tool.input_schema if self.is_external else without_network(tool.input_schema),
                server=self.name,
                read_only=is_read_only(tool),
            )
            for tool in self.tools.values()
        ]

    async def call(self, name: str, arguments: dict[str, Any], network: str) -> Any:
        if not self.is_external and has_network(self.tools[name].input_schema):
            arguments = on_network(arguments, network)
        return await self.toolset.direct_call_tool(name, arguments)


def is_read_only(tool: Tool) -> bool:
    return tool.annotations is not None and tool.annotations.read_only_hint is True

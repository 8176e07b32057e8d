"""Servers of others, named in `mcp.json`. Each one's faults cost its own tools and a notice, nothing more.

What the agent sees is a server of ours that holds only the reviewed definitions and passes the calls on, so a
definition that changes behind our back never reaches the LLM.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastmcp import FastMCP
from fastmcp.tools import Tool as OfferedTool
from fastmcp.tools.base import ToolResult
from mcp_types import Tool, ToolAnnotations
from pydantic import PrivateAttr

from worker.mcp_servers.external.config import ServerConfig, read_config
from worker.mcp_servers.external.connection import Connection, ServerDown
from worker.mcp_servers.external.definitions import Review, offered_name, review
from worker.mcp_servers.external.pins import FilePins, MemoryPins, Pins
from worker.mcp_servers.toolbox import new_server

UNTRUSTED = ToolAnnotations(
    read_only_hint=False, idempotent_hint=False, destructive_hint=True, open_world_hint=True
)
"""What is assumed of a tool unless `trustAnnotations` is set: that it changes something each time."""


class ForwardedTool(OfferedTool):
    _connection: Connection = PrivateAttr()
    _original: str = PrivateAttr()

    @classmethod
    def build(cls, server: str, definition: Tool, connection: Connection, *, trusted: bool) -> ForwardedTool:
        tool = cls(
            name=offered_name(server, definition.name),
            title=definition.title,
            description=definition.description,
            parameters=definition.input_schema,
            annotations=definition.annotations if trusted else UNTRUSTED,
        )
        tool._connection, tool._original = connection, definition.name
        return tool

    async def run(self, arguments: dict[str, Any]) -> ToolResult:
        return await self._connection.call(self._original, arguments)


class ExternalServer:
    """One entry of `mcp.json`. `server` offers the approved tools, none while it is down."""

    def __init__(self, name: str, config: ServerConfig, pins: Pins) -> None:
        self.name = name
        self.server = new_server(name, f"Tools of the external server {name}.")
        self.notices: list[str] = []
        self._config = config
        self._pins = pins
        self._connection = Connection(name, config)
        self._offered: set[str] = set()

    async def refresh(self) -> None:
        """Connect if need be, review the definitions anew, and offer what is approved."""
        try:
            result = review(self.name, self._config, await self._connection.list_tools(), self._pins)
        except ServerDown as error:
            result = Review(notices=[f"External server {self.name} {error}: its tools are not available."])
        except (OSError, ValueError):
            result = Review(notices=[f"External server {self.name}: the pins cannot be read or written."])
        self.notices = result.notices
        self._offer(result.approved)

    async def close(self) -> None:
        await self._connection.close()

    def _offer(self, approved: dict[str, Tool]) -> None:
        trusted = self._config.trust_annotations
        tools = [
            ForwardedTool.build(self.name, d, self._connection, trusted=trusted) for d in approved.values()
        ]
        for name in self._offered:
            self.server.local_provider.remove_tool(name)
        for tool in tools:
            self.server.add_tool(tool)
        self._offered = {tool.name for tool in tools}


class ExternalServers:
    """All of `mcp.json`. Tools come and go with `refresh`, so a client of `mounted()` must not cache their list."""

    def __init__(self, configs: Mapping[str, ServerConfig], pins: Pins, notices: list[str]) -> None:
        self._servers = [ExternalServer(name, config, pins) for name, config in configs.items()]
        self._notices = notices

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> ExternalServers:
        """FORGE_MCP_CONFIG names the file (default `mcp.json`), FORGE_MCP_PINS the one that keeps the fingerprints."""
        configs, notices = read_config(Path(environment.get("FORGE_MCP_CONFIG") or "mcp.json"), environment)
        pins = environment.get("FORGE_MCP_PINS")
        return cls(configs, FilePins(Path(pins)) if pins else MemoryPins(), notices)

    def mounted(self) -> list[tuple[str, FastMCP[Any]]]:
        return [(server.name, server.server) for server in self._servers]

    def notices(self) -> list[str]:
        return [*self._notices, *(notice for server in self._servers for notice in server.notices)]

    async def refresh(self) -> None:
        """At start, and then every minute or so. Bounded by ten seconds; never raises for a server's fault."""
        await asyncio.gather(*(server.refresh() for server in self._servers))

    async def close(self) -> None:
        await asyncio.gather(*(server.close() for server in self._servers))

"""Third-party servers, named in `mcp.json`. A fault of one of them affects only its own tools and causes a notice.

The agent uses a server of ours that offers only the reviewed definitions and forwards the calls, so a definition that
changes without review never reaches the LLM.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from fastmcp import FastMCP
from fastmcp.tools import Tool as OfferedTool
from fastmcp.tools.base import ToolResult
from mcp_types import Tool, ToolAnnotations
from pydantic import PrivateAttr

from forge.errors import ForgeError
from forge.models.text_cleaning import one_line
from forge.ports.tool_pins import Pins
from worker.agent.tools.external.config import ServerConfig, read_config
from worker.agent.tools.external.program_users import with_users
from worker.agent.tools.external.server_calls import Connection
from worker.agent.tools.external.server_connection import ServerDown, Timeouts
from worker.agent.tools.external.tool_pin_check import Review, offered_name, review
from worker.mcp_servers.server_base import new_server
from worker.setting_numbers import number
from worker.untrusted_text import described, visible

logger = logging.getLogger(__name__)

_TIMEOUTS = Timeouts()

UNTRUSTED = ToolAnnotations(
    read_only_hint=False, idempotent_hint=False, destructive_hint=True, open_world_hint=True
)
"""Assumed annotations of a tool unless `trustAnnotations` is set: each call changes something."""


class ForwardedTool(OfferedTool):
    _connection: Connection = PrivateAttr()
    _original: str = PrivateAttr()

    @classmethod
    def build(cls, server: str, definition: Tool, connection: Connection, *, trusted: bool) -> ForwardedTool:
        tool = cls(
            name=offered_name(server, definition.name),
            title=one_line(definition.title) if definition.title else None,
            description=described(server, definition.description),
            parameters=_visible(definition.input_schema),
            annotations=definition.annotations if trusted else UNTRUSTED,
        )
        tool._connection, tool._original = connection, definition.name
        return tool

    async def run(self, arguments: dict[str, Any]) -> ToolResult:
        hints = self.annotations
        repeatable = hints is not None and True in (hints.read_only_hint, hints.idempotent_hint)
        return await self._connection.call(self._original, arguments, repeatable=repeatable)


def _visible(schema: Any) -> Any:
    """The descriptions in the schema are a stranger's text too. Names and values stay unchanged."""
    if isinstance(schema, dict):
        fields = cast("dict[str, Any]", schema)
        return {
            key: visible(value) if key in _TOLD and isinstance(value, str) else _visible(value)
            for key, value in fields.items()
        }
    return [_visible(part) for part in cast("list[Any]", schema)] if isinstance(schema, list) else schema


_TOLD = frozenset({"description", "title", "$comment"})


class ExternalServer:
    """One entry of `mcp.json`. `server` offers the approved tools, and none while the program is down; `faults`
    describe what is missing.
    """

    def __init__(self, name: str, config: ServerConfig, pins: Pins, timeouts: Timeouts) -> None:
        self.name = name
        self.server = new_server(name, f"Tools of the external server {name}.")
        self.faults: list[str] = []
        self._config = config
        self._pins = pins
        self._connection = Connection(name, config, timeouts)
        self._offered: set[str] = set()

    async def refresh(self) -> None:
        """Connect if necessary, review the definitions again, and offer the approved ones."""
        try:
            definitions = await self._connection.list_tools()
            refused = dict(self._connection.refused)
            # The pins are stored elsewhere, so reading them may take a while.
            result = await asyncio.to_thread(
                review, self.name, self._config, definitions, self._pins, refused
            )
        except ServerDown as error:
            result = Review(faults=[f"External server {self.name} {error}"])
        except (ValueError, ForgeError) as error:
            reason = f"its pins cannot be read or written ({type(error).__name__})"
            result = Review(faults=[f"External server {self.name}: {reason}"])
        for fault in result.faults:
            if fault not in self.faults:
                logger.warning("external server failed", extra={"server": self.name, "cause": fault})
        self.faults = result.faults
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
    """All entries of `mcp.json`. `refresh` changes the offered tools, so a client of `mounted()` must not cache their
    list.

    `left_out` tells the operator which entries cannot be used.
    """

    def __init__(
        self,
        configs: Mapping[str, ServerConfig],
        pins: Pins,
        left_out: list[str],
        timeouts: Timeouts = _TIMEOUTS,
    ) -> None:
        self._servers = [ExternalServer(name, config, pins, timeouts) for name, config in configs.items()]
        self._left_out = left_out
        for fault in left_out:
            logger.warning("external server left out", extra={"cause": fault})

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], pins: Pins) -> ExternalServers:
        """FORGE_MCP_CONFIG names the file (default `mcp.json`). `pins`: the storage of the fingerprints.

        FORGE_MCP_START_SECONDS limits how long a server may take to start.
        """
        read, left_out = read_config(Path(environment.get("FORGE_MCP_CONFIG") or "mcp.json"), environment)
        configs, without = with_users(read, environment)
        left_out += without
        timeouts = Timeouts(start=number(environment, "FORGE_MCP_START_SECONDS", _TIMEOUTS.start))
        return cls(configs, pins, left_out, timeouts)

    def mounted(self) -> list[tuple[str, FastMCP[Any]]]:
        return [(server.name, server.server) for server in self._servers]

    def faults(self) -> list[str]:
        """Return, for the operator, each thing that cannot be used, with its cause and without secrets."""
        return [*self._left_out, *(fault for server in self._servers for fault in server.faults)]

    def notices(self) -> list[str]:
        """Return, for every user of this deployment, what is missing and who can change it."""
        names = [server.name for server in self._servers if server.faults]
        if not names and not self._left_out:
            return []
        of = f" (of {', '.join(names)})" if names else ""
        return [
            f"Some tools are unavailable{of}. Whoever runs this deployment finds the cause in the worker's log."
        ]

    async def refresh(self) -> None:
        """Call this at start, and then about every minute. It waits at most ten seconds for a start and never
        raises for a fault.
        """
        await asyncio.gather(*(server.refresh() for server in self._servers))

    async def close(self) -> None:
        await asyncio.gather(*(server.close() for server in self._servers))

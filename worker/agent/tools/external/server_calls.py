"""Lists and calls the tools of one external server. Every wait is bounded, and each kind of failure has its own
error.
"""

from __future__ import annotations

import asyncio
from typing import Any

from fastmcp import Client
from fastmcp.client.elicitation import ElicitResult
from fastmcp.tools.base import ToolResult
from mcp_types import ElicitRequestURLParams, Tool
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS

from worker.agent.tools.external.both_result_forms import combined, said_of_error
from worker.agent.tools.external.call_failures import (
    PERHAPS,
    TEXT_LIMIT,
    ConnectionLost,
    asked,
    end_of_call,
    has_gone,
)
from worker.agent.tools.external.config import ServerConfig
from worker.agent.tools.external.server_connection import Link, ServerDown, Timeouts
from worker.agent.tools.external.server_failures import LOST, meaning
from worker.agent.tools.external.server_observations import current, watching
from worker.tool_outcomes import LOOK_FIRST, CallFailed, OutcomeUnknown, ToolRefused, error_text

PING_SECONDS = 2.0
"""Time limit of a ping before a call. The ping only checks whether the server is there and knows the session."""


class Connection:
    """`refused`: the tools whose definitions could not be read in the last listing, with the reason."""

    def __init__(self, name: str, config: ServerConfig, timeouts: Timeouts) -> None:
        self._name = name
        self._config = config
        self._link = Link(name, config, timeouts, self._question)
        self._calls = 0

    @property
    def refused(self) -> dict[str, str]:
        return self._link.refused

    async def list_tools(self) -> list[Tool]:
        """Return the raw definitions; a lost connection is opened again. Raises `ServerDown`."""
        was_open = self._link.is_open
        try:
            return await self._list()
        except ServerDown:
            if not was_open:
                raise
        return await self._list()

    async def call(self, tool: str, arguments: dict[str, Any], *, repeatable: bool) -> ToolResult:
        """Make the call once, and again only if it cannot take effect twice.

        That is so if the server has answered, as the specification says, that it does not know the session, or if the
        tool is `repeatable`. For any other failed call, only the server knows whether it had an effect.
        """
        if not repeatable:
            await self._renew_lost_connection()
        try:
            return await self._call(tool, arguments)
        except ConnectionLost as lost:
            if not (lost.is_certain or repeatable):
                raise self._end(lost) from None
        try:
            return await self._call(tool, arguments)
        except ConnectionLost as lost:
            raise self._end(lost) from None

    async def close(self) -> None:
        await self._link.close()

    def _end(self, lost: ConnectionLost) -> Exception:
        if lost.is_certain:
            return ToolRefused(f"{self._name} refused: {lost}.")
        return OutcomeUnknown(f"{self._name}: {lost}; {PERHAPS}", LOOK_FIRST)

    async def _renew_lost_connection(self) -> None:
        """Send a ping, which changes nothing, before a call whose answer could leave its outcome unknown."""
        client = await self._connected()
        if client.protocol_version not in HANDSHAKE_PROTOCOL_VERSIONS:
            return
        gone = False
        with watching() as witness:
            try:
                async with asyncio.timeout(PING_SECONDS):
                    await client.ping()
            except Exception as error:  # noqa: BLE001 -- the call itself reports any other fault
                gone = has_gone(error)
        known = meaning(witness.answers)
        if gone or (known and known[0] in LOST):
            await self._link.drop(client)

    async def _call(self, tool: str, arguments: dict[str, Any]) -> ToolResult:
        client = await self._connected()
        self._calls += 1
        with watching() as witness:
            try:
                async with asyncio.timeout(self._config.timeout / 1000):
                    result = await client.call_tool_mcp(tool, arguments)
            except TimeoutError:
                raise OutcomeUnknown(f"{self._name} did not answer in time; {PERHAPS}", LOOK_FIRST) from None
            except Exception as error:
                end = end_of_call(self._name, witness, error)
                if has_gone(error) or isinstance(end, ConnectionLost):
                    await self._link.drop(client)
                raise end from error
            finally:
                self._calls -= 1
        if result.is_error:
            raise CallFailed(asked(error_text(said_of_error(result)), witness))
        return combined(result)

    async def _question(self, message: str, _type: Any, params: Any, _context: Any) -> ElicitResult[Any]:
        """Nobody can be asked in the middle of a call, so the call is cancelled and its error contains the server's
        question.

        If the question may belong to a call of another conversation, nobody is told of it.
        """
        link = f": {params.url}" if isinstance(params, ElicitRequestURLParams) else ""
        if (witness := current()) or self._calls == 1:
            (witness or self._link.seen).questions.append(f"{message[:TEXT_LIMIT]}{link}")
        return ElicitResult(action="cancel")

    async def _connected(self) -> Client[Any]:
        try:
            return await self._link.open()
        except ServerDown as error:
            raise ToolRefused(
                f"The server {self._name} is not connected: its tools cannot be used now."
            ) from error

    async def _list(self) -> list[Tool]:
        client = await self._link.open()
        self.refused.clear()
        with watching() as witness:
            try:
                async with asyncio.timeout(self._link.start_seconds):
                    return await client.list_tools()
            except TimeoutError:
                reason = f"did not list its tools within {self._link.start_seconds:g} s"
            except Exception as error:  # noqa: BLE001 -- a third-party server may make the client raise anything
                reason = self._link.failure(error, witness)
        await self._link.close()
        raise ServerDown(self._link.clean(reason))

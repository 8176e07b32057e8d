"""The connection to one external server: every wait on it is bounded, every failure of it is told apart."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from fastmcp import Client
from fastmcp.client.elicitation import ElicitResult
from fastmcp.client.transports import ClientTransport
from fastmcp.tools.base import ToolResult
from mcp_types import ElicitRequestURLParams, Tool

from worker.mcp_servers.external.call_ends import (
    PERHAPS,
    TEXT_LIMIT,
    SessionLost,
    asked,
    end_of_call,
    is_gone,
)
from worker.mcp_servers.external.config import ServerConfig
from worker.mcp_servers.external.http import Http
from worker.mcp_servers.external.results import combined
from worker.mcp_servers.external.stdio import Stdio
from worker.mcp_servers.external.troubles import cause, meaning
from worker.mcp_servers.external.witness import Tail, Witness, current, watching, without_secrets
from worker.tool_outcomes import LOOK_FIRST, CallFailed, OutcomeUnknown, ToolRefused, error_text

CLOSE_SECONDS = 1.2


@dataclass(frozen=True, slots=True)
class Patience:
    """`start`: seconds that a server may take to start, unless its entry says otherwise.

    `look`: seconds that a refresh or a call waits for a start, which goes on after that.
    """

    start: float = 60.0
    look: float = 10.0


class ServerDown(Exception):
    """The server cannot be used now; the message says why, for the operator, without secrets."""


class Connection:
    """`refused`: the tools whose definitions cannot be read, with the reason, as of the last listing."""

    def __init__(self, name: str, config: ServerConfig, patience: Patience) -> None:
        self._name = name
        self._config = config
        self._start_seconds = config.start_timeout / 1000 if config.start_timeout else patience.start
        self._look_seconds = min(patience.look, self._start_seconds + 1)
        self._client: Client[Any] | None = None
        self._opening: asyncio.Task[Client[Any]] | None = None
        self._seen = Witness()
        self._tail = Tail()
        self._calls = 0
        self.refused: dict[str, str] = {}

    async def list_tools(self) -> list[Tool]:
        """The raw definitions; a lost connection is opened again. Raises `ServerDown`."""
        was_open = self._client is not None
        try:
            return await self._list()
        except ServerDown:
            if not was_open:
                raise
        return await self._list()

    async def call(self, tool: str, arguments: dict[str, Any]) -> ToolResult:
        """Called once, and again only when the server did nothing because it had forgotten the session.

        Only the server knows whether a call that failed had an effect. A lost connection is opened again first.
        """
        try:
            return await self._call(tool, arguments)
        except SessionLost:
            pass
        try:
            return await self._call(tool, arguments)
        except SessionLost as error:
            raise ToolRefused(f"{self._name} refused: {error}.") from None

    async def close(self) -> None:
        if self._opening:
            self._opening.cancel()
            await asyncio.wait({self._opening}, timeout=CLOSE_SECONDS)
        client, self._client = self._client, None
        if client is None:
            return
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await client.close()
        except Exception:  # noqa: BLE001, S110 -- it is gone either way
            pass

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
                if is_gone(end, error):
                    await self._drop(client)
                raise end from error
            finally:
                self._calls -= 1
        if result.is_error:
            raise CallFailed(asked(error_text(result.content), witness))
        return combined(result)

    async def _question(self, message: str, _type: Any, params: Any, _context: Any) -> ElicitResult[Any]:
        """Nobody can be asked in the middle of a call, so it is cancelled and the question is told with its end.

        A question that cannot be told from those of another conversation's call is told to nobody.
        """
        link = f": {params.url}" if isinstance(params, ElicitRequestURLParams) else ""
        if (witness := current()) or self._calls == 1:
            (witness or self._seen).questions.append(f"{message[:TEXT_LIMIT]}{link}")
        return ElicitResult(action="cancel")

    async def _drop(self, client: Client[Any]) -> None:
        """A connection whose other end has gone still counts as connected; the next call opens another."""
        if self._client is client:
            await self.close()

    async def _connected(self) -> Client[Any]:
        try:
            return await self._open()
        except ServerDown as error:
            raise ToolRefused(
                f"The server {self._name} is not connected: its tools cannot be used now."
            ) from error

    async def _list(self) -> list[Tool]:
        client = await self._open()
        self.refused.clear()
        with watching() as witness:
            try:
                async with asyncio.timeout(self._start_seconds):
                    return await client.list_tools()
            except TimeoutError:
                reason = f"did not list its tools within {self._start_seconds:g} s"
            except Exception as error:  # noqa: BLE001 -- whatever a stranger's server makes the client raise
                reason = self._failure(error, witness)
        await self.close()
        raise ServerDown(self._clean(reason))

    async def _open(self) -> Client[Any]:
        """Raises `ServerDown`. A start that takes longer than a look goes on, up to its own limit."""
        if self._client and self._client.is_connected() and not self._opening:
            return self._client
        if self._opening is None:
            self._opening = asyncio.create_task(self._start(), name=f"start of {self._name}")
            self._opening.add_done_callback(self._started)
        opening = self._opening
        await asyncio.wait({opening}, timeout=self._look_seconds)
        if not opening.done():
            raise ServerDown(f"is still starting (it may take {self._start_seconds:g} s)")
        return opening.result()

    def _started(self, opening: asyncio.Task[Client[Any]]) -> None:
        self._opening = None
        if not opening.cancelled():
            opening.exception()  # retrieved here, because nobody may be waiting any more

    async def _start(self) -> Client[Any]:
        if self._client:
            client, self._client = self._client, None
            await _closed(client)
        self._tail.clear()
        client = Client(self._transport(), elicitation_handler=self._question, init_timeout=None)
        with watching() as witness:
            try:
                async with asyncio.timeout(self._start_seconds):
                    await client.__aenter__()
            except TimeoutError:
                reason = f"did not start within {self._start_seconds:g} s"
            except Exception as error:  # noqa: BLE001 -- whatever a stranger's server makes the client raise
                reason = self._failure(error, witness)
            else:
                self._client = client
                return client
        await _closed(client)
        raise ServerDown(self._clean(reason))

    def _failure(self, error: Exception, witness: Witness) -> str:
        known = meaning(witness.answers or self._seen.answers)
        return f"failed: {known[1]}" if known else f"failed: {cause(error)}"

    def _clean(self, reason: str) -> str:
        """With the last lines of the program's stderr, and without secrets."""
        said = "".join(f"\n  stderr: {line}" for line in self._tail.lines())
        return without_secrets(reason + said, [*self._config.secrets, self._config.url or ""])

    def _transport(self) -> ClientTransport:
        self._seen.answers.clear()
        if self._config.url is None:
            return Stdio(self._config, self.refused, self._tail)
        return Http(self._config, self.refused, self._seen)


async def _closed(client: Client[Any]) -> None:
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await client.close()
    except Exception:  # noqa: BLE001, S110 -- it is gone either way
        pass

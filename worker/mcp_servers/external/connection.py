"""The connection to one external server: every wait on it is bounded, every failure of it is told apart."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import httpx2
from fastmcp import Client
from fastmcp.client.transports import ClientTransport, StdioTransport, StreamableHttpTransport
from fastmcp.exceptions import FastMCPError, McpError  # pyright: ignore[reportPrivateImportUsage]
from fastmcp.tools.base import ToolResult
from mcp_types import CONNECTION_CLOSED, Tool

from worker.mcp_servers.external.config import ServerConfig
from worker.tool_outcomes import LOOK_FIRST, CallFailed, OutcomeUnknown, ToolRefused, error_text

OPEN_SECONDS = 10.0
CLOSE_SECONDS = 3.0
_PERHAPS = "the call may or may not have taken effect"


class ServerDown(Exception):
    """The server cannot be used now."""


class Connection:
    def __init__(self, name: str, config: ServerConfig) -> None:
        self._name = name
        self._config = config
        self._client: Client[Any] | None = None
        self._opening = asyncio.Lock()

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
        """Called once and never again: only the server knows whether a call that failed had an effect.

        A connection that an earlier call lost is opened again first.
        """
        client = await self._connected()
        try:
            async with asyncio.timeout(self._config.timeout / 1000):
                result = await client.call_tool_mcp(tool, arguments)
        except TimeoutError:
            raise OutcomeUnknown(f"{self._name} did not answer in time; {_PERHAPS}", LOOK_FIRST) from None
        except McpError as error:
            if error.error.code == CONNECTION_CLOSED:
                await self._drop(client)
                raise OutcomeUnknown(f"{self._name} broke off; {_PERHAPS}", LOOK_FIRST) from error
            raise ToolRefused(f"{self._name} refused: {str(error)[:500]}") from error
        except FastMCPError as error:
            raise ToolRefused(f"{self._name} refused: {str(error)[:500]}") from error
        except Exception as error:
            raise OutcomeUnknown(
                f"{self._name} failed ({type(error).__name__}): its answer cannot be used"
            ) from error
        if result.is_error:
            raise CallFailed(error_text(result.content))
        return ToolResult.from_mcp_result(result)

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await client.close()
        except Exception:  # noqa: BLE001, S110 -- it is gone either way
            pass

    async def _drop(self, client: Client[Any]) -> None:
        """A connection whose other end has gone still counts as connected; the next call opens another."""
        if self._client is client:
            await self.close()

    async def _connected(self) -> Client[Any]:
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                return await self._open()
        except Exception as error:
            raise ToolRefused(
                f"The server {self._name} is not connected: its tools cannot be used now."
            ) from error

    async def _list(self) -> list[Tool]:
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                client = await self._open()
                return await client.list_tools()
        except TimeoutError:
            reason = f"did not answer within {OPEN_SECONDS:g} s"
        except Exception as error:  # noqa: BLE001 -- whatever a stranger's server makes the client raise
            reason = f"failed ({type(error).__name__})"
        await self.close()
        raise ServerDown(reason)

    async def _open(self) -> Client[Any]:
        async with self._opening:
            if self._client is not None and not self._client.is_connected():
                await self.close()
            if self._client is None:
                client = Client(_transport(self._config))
                await client.__aenter__()
                self._client = client
            return self._client


def _transport(config: ServerConfig) -> ClientTransport:
    if config.url is None:
        # The process gets PATH, HOME and the like, and what `env` names: none of our secrets.
        return StdioTransport(
            command=config.command or "",
            args=config.args,
            env=config.env,
            cwd=config.cwd,
            keep_alive=False,
            log_file=Path(os.devnull),
        )
    return StreamableHttpTransport(
        config.url, headers=config.headers, httpx_client_factory=_http_client(config.url)
    )


def _http_client(url: str) -> Any:
    """Makes clients that follow redirects within the configured origin only: headers and reach stay there."""
    origin = _origin(httpx2.URL(url))

    async def stay(request: httpx2.Request) -> None:
        if _origin(request.url) != origin:
            raise httpx2.RequestError("redirected to another origin", request=request)

    def build(**options: Any) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(**options, event_hooks={"request": [stay]})

    return build


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port

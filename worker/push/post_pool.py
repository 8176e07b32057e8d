"""Small POST requests over persistent connections to one server, if only the response's status is needed.

A general HTTP client takes longer for a frame than everything before it, including signing: it builds a request, a
response and their streams for what is one write and one read here.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from forge.aws.sigv4 import host_of
from worker.push.post_connection import PostConnection, Unanswered

CONNECTIONS_LIMIT = 100
CONNECT_SECONDS = 3.0
SECONDS = 10.0
"""Time limit of one request, including the wait for a free connection."""
IDLE_SECONDS = 15.0
"""An idle connection is not used again after this time; servers close theirs after about a minute."""


class PostPool:
    """`url`: the server, `https://host:port`; its path is ignored."""

    def __init__(
        self,
        url: str,
        *,
        limit: int = CONNECTIONS_LIMIT,
        seconds: float = SECONDS,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        parts = urlsplit(url)
        self._is_secure = parts.scheme == "https"
        self._name = parts.hostname or ""
        self._port = parts.port or (443 if self._is_secure else 80)
        self._host = host_of(url)
        self._seconds, self._idle_seconds = seconds, idle_seconds
        self._places = asyncio.Semaphore(limit)
        self._idle: list[PostConnection] = []
        self._tls: ssl.SSLContext | None = None
        self._sweep: asyncio.TimerHandle | None = None

    async def post(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        """Return the status. Raises `OSError` (of which `TimeoutError` is a subclass) if there is none.

        If the server has just closed a kept connection, the request is repeated on a new one, so the server may
        receive it twice.
        """
        request = self._request(path, headers, body)
        due = asyncio.get_running_loop().time() + self._seconds
        await self._take_place(due)
        try:
            while (connection := self._kept()) is not None:
                with suppress(Unanswered):
                    return await self._exchange(connection, request, due)
            async with asyncio.timeout_at(due):
                connection = await self._connect()
            return await self._exchange(connection, request, due)
        finally:
            self._places.release()

    async def close(self) -> None:
        if self._sweep:
            self._sweep.cancel()
        for connection in self._idle:
            connection.abort()
        self._idle.clear()

    async def _take_place(self, due: float) -> None:
        """`asyncio.timeout` costs as much as the rest of a request, so it is used only where something has to wait."""
        if self._places.locked():
            async with asyncio.timeout_at(due):
                await self._places.acquire()
        else:
            await self._places.acquire()

    def _request(self, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )

    async def _exchange(self, connection: PostConnection, request: bytes, due: float) -> int:
        answer = await connection.exchange(request, due)
        if answer.is_kept and not connection.is_over:
            connection.idle_since = asyncio.get_running_loop().time()
            self._idle.append(connection)
            self._sweep_later()
        else:
            connection.abort()
        return answer.status

    def _kept(self) -> PostConnection | None:
        """Return the connection that was used last, so that those that are not needed grow old and are closed."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_over and not self._is_old(connection):
                return connection
            connection.abort()
        return None

    async def _connect(self) -> PostConnection:
        tls = self._security()
        async with asyncio.timeout(CONNECT_SECONDS):
            _, connection = await asyncio.get_running_loop().create_connection(
                PostConnection, self._name, self._port, ssl=tls, server_hostname=self._name if tls else None
            )
        return connection

    def _security(self) -> ssl.SSLContext | None:
        if self._is_secure and self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls

    def _is_old(self, connection: PostConnection) -> bool:
        return asyncio.get_running_loop().time() - connection.idle_since > self._idle_seconds

    def _sweep_later(self) -> None:
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(self._idle_seconds, self._sweep_out)

    def _sweep_out(self) -> None:
        self._sweep = None
        for connection in [each for each in self._idle if each.is_over or self._is_old(each)]:
            self._idle.remove(connection)
            connection.abort()
        if self._idle:
            self._sweep_later()

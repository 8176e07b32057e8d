"""Small POST requests over persistent connections to one server, if only the response's status is needed.

A general HTTP client takes longer for a frame than everything before it, including signing: it builds a request, a
response and their streams for what is one write and one read here.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import cast
from urllib.parse import urlsplit

from forge.aws.http_answer import Answer, BadAnswer, answer_in
from forge.aws.sigv4 import host_of

CONNECTIONS_LIMIT = 100
CONNECT_SECONDS = 3.0
SECONDS = 10.0
"""Time limit of one request, including the wait for a free connection."""
IDLE_SECONDS = 15.0
"""An idle connection is not used again after this time; servers close theirs after about a minute."""

SHORT = 512
"""Bytes up to which a response is remembered, so that the same one is not parsed again."""


class Unanswered(ConnectionError):
    """The connection ended before any part of a response came."""


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
        self._idle: list[_Connection] = []
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

    async def _exchange(self, connection: _Connection, request: bytes, due: float) -> int:
        answer = await connection.exchange(request, due)
        if answer.is_kept and not connection.is_over:
            connection.idle_since = asyncio.get_running_loop().time()
            self._idle.append(connection)
            self._sweep_later()
        else:
            connection.abort()
        return answer.status

    def _kept(self) -> _Connection | None:
        """Return the connection that was used last, so that those that are not needed grow old and are closed."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_over and not self._is_old(connection):
                return connection
            connection.abort()
        return None

    async def _connect(self) -> _Connection:
        tls = self._security()
        async with asyncio.timeout(CONNECT_SECONDS):
            _, connection = await asyncio.get_running_loop().create_connection(
                _Connection, self._name, self._port, ssl=tls, server_hostname=self._name if tls else None
            )
        return connection

    def _security(self) -> ssl.SSLContext | None:
        if self._is_secure and self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls

    def _is_old(self, connection: _Connection) -> bool:
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


class _Connection(asyncio.Protocol):
    """A connection handles one request at a time."""

    def __init__(self) -> None:
        self.is_over = False
        self.idle_since = 0.0
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Answer] | None = None
        self._data = b""

    async def exchange(self, request: bytes, due: float) -> Answer:
        """Close the connection on any error or interruption, because a late response would be taken for the
        response to the next request. `due`: the time of the event loop until which the response must be there.
        """
        if self._transport is None or self.is_over or self._transport.is_closing():
            raise Unanswered
        loop = asyncio.get_running_loop()
        self._waiting = loop.create_future()
        late = loop.call_at(due, self._expire)
        try:
            self._transport.write(request)
            return await self._waiting
        except BaseException:
            self.abort()
            raise
        finally:
            late.cancel()
            self._waiting, self._data = None, b""

    def abort(self) -> None:
        self.is_over = True
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._waiting is None or self._waiting.done():  # no request is open
            self.abort()
            return
        self._data += data
        self._look(is_ended=False)

    def eof_received(self) -> None:
        """Returning None closes the transport."""
        self.is_over = True
        self._look(is_ended=True)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_over = True
        self._fail(exc)

    def _expire(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(TimeoutError())

    def _look(self, *, is_ended: bool) -> None:
        waiting = self._waiting
        if waiting is None or waiting.done():
            return
        try:
            answer = _begun(self._data) if not is_ended else answer_in(self._data, is_ended=True)
        except BadAnswer as error:
            waiting.set_exception(error)
            return
        if answer is not None:
            waiting.set_result(answer)

    def _fail(self, cause: Exception | None) -> None:
        if self._waiting is None or self._waiting.done():
            return
        error = BadAnswer("the connection ended in the middle of an answer") if self._data else Unanswered()
        error.__cause__ = cause
        self._waiting.set_exception(error)


def _begun(data: bytes) -> Answer | None:
    """The answers to frames are short, and often the same."""
    return _short(data) if len(data) <= SHORT else answer_in(data)


@lru_cache(maxsize=16)
def _short(data: bytes) -> Answer | None:
    return answer_in(data)

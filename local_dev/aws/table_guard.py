"""The public address of the table. It forwards connections whose first request has this start's credential.

The emulator itself answers every caller, including pages of any origin, so it listens on an address that nobody can
guess. A connection belongs to one program, so its later requests are not checked.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from typing import cast

from local_dev.aws.credential import Credential

LARGEST_HEAD = 10_240
HEAD_SECONDS = 10.0
"""Time limit for the head of the first request."""
_END = b"\r\n\r\n"


class TableGuard:
    """`place` returns the emulator's current host and port. The guard's own address is fixed and reserved from the
    beginning.
    """

    def __init__(
        self, place: Callable[[], tuple[str, int]], credential: Credential, head_seconds: float = HEAD_SECONDS
    ) -> None:
        self._place, self._credential, self._head_seconds = place, credential, head_seconds
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Transport] = set()

    async def start(self) -> None:
        loop = asyncio.get_running_loop()

        def caller() -> _Caller:
            return _Caller(self._place, self._credential, self._head_seconds, self._open)

        self._server = await loop.create_server(caller, sock=self._listener)

    def close(self) -> None:
        if self._server:
            self._server.close()
        self._listener.close()
        for transport in list(self._open):
            transport.abort()


class _End(asyncio.Protocol):
    """One side of a pair. The other side sends what this one receives, no faster than its peer accepts it."""

    transport: asyncio.Transport
    other: asyncio.Transport | None = None

    def data_received(self, data: bytes) -> None:
        if self.other:
            self.other.write(data)

    def pause_writing(self) -> None:
        if self.other and not self.other.is_closing():
            self.other.pause_reading()

    def resume_writing(self) -> None:
        if self.other and not self.other.is_closing():
            self.other.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.other:
            self.other.close()


class _Emulator(_End):
    def __init__(self, caller: asyncio.Transport) -> None:
        self.other = caller


class _Caller(_End):
    def __init__(
        self,
        place: Callable[[], tuple[str, int]],
        credential: Credential,
        head_seconds: float,
        known: set[asyncio.Transport],
    ) -> None:
        self._place, self._credential, self._head_seconds = place, credential, head_seconds
        self._known = known
        self._begun = b""
        self._connecting: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._known.add(self.transport)
        self._late = asyncio.get_running_loop().call_later(self._head_seconds, self.transport.abort)

    def data_received(self, data: bytes) -> None:
        if self.other:
            self.other.write(data)
            return
        self._begun += data
        if self._connecting is None and not self.transport.is_closing():
            self._judge(self._begun.find(_END))

    def connection_lost(self, exc: Exception | None) -> None:
        self._late.cancel()
        self._known.discard(self.transport)
        if self._connecting:
            self._connecting.cancel()
        super().connection_lost(exc)

    def _judge(self, end: int) -> None:
        if max(end, len(self._begun) if end < 0 else 0) > LARGEST_HEAD:
            self._refuse("431 Request Header Fields Too Large", "The head of the request is too large")
        elif end >= 0:
            self._late.cancel()
            if reason := self._credential.refusal(_headers(self._begun[:end])):
                self._refuse("403 Forbidden", reason)
                return
            self.transport.pause_reading()
            self._connecting = asyncio.create_task(self._connect(), name="connection to the emulator")

    async def _connect(self) -> None:
        """While the emulator restarts, the connection fails, and the caller tries again."""
        loop, host, port = asyncio.get_running_loop(), *self._place()
        try:
            other, _ = await loop.create_connection(lambda: _Emulator(self.transport), host, port)
        except OSError:
            self.transport.abort()
            return
        self.other = other
        other.write(self._begun)
        self._begun = b""
        if self.transport.is_closing():
            other.close()
        else:
            self.transport.resume_reading()

    def _refuse(self, status: str, reason: str) -> None:
        kind = "com.amazon.coral.service#UnrecognizedClientException"
        body = json.dumps({"__type": kind, "message": reason})
        fields = (
            f"content-type: application/x-amz-json-1.0\r\ncontent-length: {len(body)}\r\nconnection: close"
        )
        self.transport.write(f"HTTP/1.1 {status}\r\n{fields}\r\n\r\n{body}".encode())
        self._begun = b""
        self.transport.close()


def _headers(head: bytes) -> list[tuple[bytes, bytes]]:
    pairs = (line.partition(b":") for line in head.split(b"\r\n")[1:])
    return [(name.strip().lower(), value.strip()) for name, _, value in pairs]

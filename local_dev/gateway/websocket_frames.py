"""The WebSocket protocol of the local server: uvicorn's, with API Gateway's limit for a single frame."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets import http11
from websockets.exceptions import InvalidState
from websockets.frames import Frame
from websockets.http11 import Request

from local_dev.http_server.deadline import Deadline
from local_dev.http_server.limits import Limits

TOO_LARGE = 1009
WRITE_NOW = "write_now"
"""The key of `GatewayProtocol.write_now` in a scope's `state`."""

# The library would drop a connection without an answer for fewer bytes and fields than API Gateway takes. The HTTP
# protocol has already refused a longer head.
for _limit in ("MAX_LINE_LENGTH", "MAX_NUM_HEADERS"):
    setattr(http11, _limit, Limits().head)


class GatewayProtocol(WebSocketsSansIOProtocol):
    """Closes with 1009 if a frame is larger than 32 KB; uvicorn's `ws_max_size` limits the whole message.

    A client that leaves sent data unread is disconnected.
    """

    limits = Limits()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._unread = Deadline(cast("asyncio.Transport", transport))
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._unread.close()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread.set(self.limits.send)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._unread.drop()

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            self.scope.setdefault("state", {})[WRITE_NOW] = self.write_now

    async def send(self, message: Any) -> None:
        """The library keeps the handshake for as long as the connection lasts, which may be idle for minutes."""
        await super().send(message)
        if message["type"] == "websocket.accept":
            self.request.headers.clear()
            self.response.headers.clear()

    def write_now(self, text: bytes) -> bool:
        """Send text. Return False if the connection is slow, not open yet or closing; then nothing was sent."""
        is_open = self.handshake_complete and not (
            self.close_sent or self.disconnected or self.initial_response
        )
        if not is_open or not self.writable.is_set():
            return False
        try:
            self.conn.send_text(text)
        except InvalidState:
            return False
        self.transport.write(b"".join(self.conn.data_to_send()))
        return True

    def handle_text(self, event: Frame) -> None:
        if not self._refused(event):
            super().handle_text(event)

    def handle_bytes(self, event: Frame) -> None:
        if not self._refused(event):
            super().handle_bytes(event)

    def handle_cont(self, event: Frame) -> None:
        if not self._refused(event):
            super().handle_cont(event)

    def _refused(self, event: Frame) -> bool:
        if self.close_sent:
            return True
        if len(event.data) <= self.limits.frame:
            return False
        connection: Any = self.conn
        connection.fail(TOO_LARGE, "frame too large")
        self.handle_parser_exception()
        return True


def gateway_protocol(limits: Limits) -> type[GatewayProtocol]:
    return type("LimitedGatewayProtocol", (GatewayProtocol,), {"limits": limits})

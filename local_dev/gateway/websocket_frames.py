"""The WebSocket protocol of the local server: uvicorn's, with API Gateway's limit for a single frame."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from local_dev.gateway.http_protocol import Deadline
from local_dev.gateway.limits import Limits

TOO_LARGE = 1009


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

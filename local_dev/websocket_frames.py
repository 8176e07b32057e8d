"""The WebSocket protocol of the local server: uvicorn's, with API Gateway's limit for a single frame."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from local_dev.limits import Limits

TOO_LARGE = 1009
_FRAME_LIMIT = Limits().frame


class GatewayProtocol(WebSocketsSansIOProtocol):
    """Closes with 1009 when a frame is larger than 32 KB; uvicorn's `ws_max_size` limits the whole message."""

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
        if len(event.data) <= _FRAME_LIMIT:
            return False
        connection: Any = self.conn
        connection.fail(TOO_LARGE, "frame too large")
        self.handle_parser_exception()
        return True

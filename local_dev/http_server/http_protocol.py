"""The HTTP protocol of the local servers: uvicorn's, with limits for a request's head and for slow clients.

API Gateway refuses a long head. A request that never ends, or an answer that is never read, would hold its connection
without end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import cast

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from local_dev.http_server.deadline import Deadline
from local_dev.http_server.limits import Limits

_TOO_LONG = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: application/json\r\ncontent-length: 44\r\nconnection: close\r\n\r\n"
    b'{"message":"Request Header Or URI Too Long"}'
)

_INVALID = "Invalid HTTP request received."
_UPGRADE = b"upgrade"
_DONE = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"

QuickPost = Callable[[bytes, Sequence[tuple[bytes, bytes]], bytes], bool]
"""Handles a POST (address, header fields, body) without waiting. It returns False when it has done nothing and the
application has to answer.
"""


class HttpProtocol(HttpToolsProtocol):
    """`quick` gets each POST below `quick_path` before the application does, without a task or a request cycle."""

    limits = Limits()
    quick_path = b""
    quick: QuickPost | None = None
    """Handles a POST without the application; None: the application gets every request."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        own = cast("asyncio.Transport", transport)
        self._unread, self._unfinished = Deadline(own), Deadline(own)
        self._head, self._is_in_head, self._is_refused = 0, True, False
        self._body = self._beside = 0
        self._quick_body: bytearray | None = None
        self._unfinished.set(self.limits.head_seconds)
        super().connection_made(own)

    def connection_lost(self, exc: Exception | None) -> None:
        self._unread.close()
        self._unfinished.close()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """The parser reports a header field only when it has ended, so the bytes of the head are also counted as
        they arrive.
        """
        if self._is_refused:
            return
        before, body = self._head if self._is_in_head else None, self._body
        self._parse(data)
        if not self._is_in_head:
            self._beside += len(data) - (self._body - body)
            self._refuse_much_beside()
        elif before is not None:
            self._head = max(self._head, before + len(data))
            self._refuse_long_head()

    def _parse(self, data: bytes) -> None:
        """uvicorn's, except that a request is answered whose upgrade is not taken: uvicorn loses its body and all
        that follows on the connection.
        """
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except HttpParserError:
            self.logger.warning(_INVALID)
            self.send_400_response(_INVALID)
        except HttpParserUpgrade as upgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
            elif self._ignores_upgrade():
                self._parse_without_upgrade(data[upgrade.args[0] :])

    def _parse_without_upgrade(self, rest: bytes) -> None:
        """A server may ignore an upgrade (RFC 9110, section 7.8). The parser does not, so it reads the head again
        without it. curl (`--http2`) and Java's client offer HTTP/2 in this way.
        """
        version = self.parser.get_http_version().encode()
        lines = [b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, version)]
        lines += [b"%s: %s" % field for field in self.headers if field[0] != _UPGRADE]
        self.parser = HttpRequestParser(self)
        self._parse(b"\r\n".join([*lines, b"", rest]))

    def _should_upgrade(self) -> bool:
        """The WebSocket library leaves anything but a GET without a body unanswered, and its connection open."""
        return self.parser.get_method() == b"GET" and not self._has_body() and super()._should_upgrade()

    def _has_body(self) -> bool:
        lengths = {b"content-length": b"0", b"transfer-encoding": b""}
        return any(value != lengths.get(name, value) for name, value in self.headers)

    def _ignores_upgrade(self) -> bool:
        is_asked = self.parser.should_upgrade() and any(name == _UPGRADE for name, _ in self.headers)
        return is_asked and not self._should_upgrade()

    def on_message_begin(self) -> None:
        self._head, self._is_in_head, self._beside = 0, True, 0
        self._unfinished.set(self.limits.head_seconds)
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._head += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """uvicorn takes the fields of a trailer for headers. They come past a proxy that sets or checks headers."""
        if not self._is_in_head:
            return
        self._head += len(name) + len(value)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._unfinished.set(self.limits.body_seconds)
        if self._refuse_long_head() or self._ignores_upgrade():
            return
        if self._may_be_quick():
            self._quick_body = bytearray()
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._body += len(body)
        if self._quick_body is not None:
            self._quick_body += body
        elif not self._is_refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self._ignores_upgrade():
            return
        self._unfinished.drop()
        if self._quick_body is not None:
            body, self._quick_body = bytes(self._quick_body), None
            if self.quick and self.quick(self.url, self.headers, body):
                self.transport.write(_DONE)
                self.on_response_complete()
                return
            super().on_headers_complete()
            super().on_body(body)
        if not self._is_refused:
            super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._unfinished.close()
        if not self._is_refused:
            super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        if not self._is_refused:
            super().send_400_response(msg)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread.set(self.limits.send)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._unread.drop()

    def timeout_keep_alive_handler(self) -> None:
        """The client has not read the data in time, so closing must not wait until it does."""
        self.transport.abort()

    def _may_be_quick(self) -> bool:
        """Whether this is a POST of known, bounded length, and no earlier request of the connection is in progress."""
        parser, earlier = self.parser, cast("RequestResponseCycle | None", self.cycle)
        if self.quick is None or not self.url.startswith(self.quick_path) or parser.get_method() != b"POST":
            return False
        lengths = [value for name, value in self.headers if name == b"content-length"]
        is_bounded = len(lengths) == 1 and lengths[0].isdigit() and int(lengths[0]) <= self.limits.message
        is_alone = (earlier is None or earlier.response_complete) and not self.flow.write_paused
        is_plain = parser.should_keep_alive() and not parser.should_upgrade() and not self.expect_100_continue
        return is_bounded and is_alone and is_plain

    def _refuse_much_beside(self) -> None:
        """What is no body, such as a trailer, has no end of its own, and the parser keeps a field until it ends."""
        if self._beside > self.limits.http_body:
            self._is_refused = True
            self.transport.abort()

    def _refuse_long_head(self) -> bool:
        if self._head > self.limits.head and not self._is_refused:
            self._is_refused = True
            self.transport.write(_TOO_LONG)
            self.transport.close()
        return self._is_refused


def http_protocol(limits: Limits, quick_path: str = "", quick: QuickPost | None = None) -> type[HttpProtocol]:
    own = {
        "limits": limits,
        "quick_path": quick_path.encode(),
        "quick": staticmethod(quick) if quick else None,
    }
    return type("LimitedHttpProtocol", (HttpProtocol,), own)

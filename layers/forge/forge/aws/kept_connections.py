"""Requests over persistent connections to one server, for threads that wait for the whole response.

botocore's path through urllib3 and http.client takes several times as long for a small response and releases the
interpreter's lock many times. Here a call is one write and usually one read.
"""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from time import monotonic
from urllib.parse import urlsplit

from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from forge.aws.http_answer import Answer, BadAnswer, answer_in
from forge.aws.sigv4 import host_of

IDLE_SECONDS = 15.0
"""An idle connection is not used again after this time. A function that was frozen does not know which connections
have ended.
"""
_PIECE = 65_536
"""The most bytes that one read returns. The C library maps and unmaps memory for a buffer of more than 128 KB."""


class KeptConnections:
    """`url`: the server; its path is ignored. Any number of threads may call; each uses a connection of its own."""

    def __init__(
        self, url: str, connect_seconds: float, read_seconds: float, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        parts = urlsplit(url)
        self._url, self._is_secure = url, parts.scheme == "https"
        self._name = parts.hostname or ""
        self._port = parts.port or (443 if self._is_secure else 80)
        self._host = host_of(url)
        self._connect_seconds, self._read_seconds = connect_seconds, read_seconds
        self._idle_seconds = idle_seconds
        self._idle: list[tuple[float, socket.socket]] = []

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        return self.send("POST", path, headers, body)

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Raises botocore's connection and timeout errors.

        If the server has just closed a kept connection, the request is repeated on a new one, so the server may
        receive it twice.
        """
        request = self._request(method, path, headers, body)
        while (kept := self._kept()) is not None:
            with suppress(_Unanswered):
                return self._exchange(kept, request)
        try:
            return self._exchange(self._connect(), request)
        except _Unanswered as error:
            raise ConnectionClosedError(endpoint_url=self._url) from error

    def close(self) -> None:
        """Close the idle connections. No other thread should call at the same time: a connection in use returns to
        the pool.
        """
        while self._idle:
            self._idle.pop()[1].close()

    def _request(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    def _exchange(self, connection: socket.socket, request: bytes) -> Answer:
        """Close the connection on any error, because a late response would be taken for the response to the next
        request.
        """
        try:
            answer = _answer(connection, request)
        except _Unanswered:
            connection.close()
            raise
        except TimeoutError as error:
            connection.close()
            raise ReadTimeoutError(endpoint_url=self._url) from error
        except OSError as error:
            connection.close()
            raise ConnectionClosedError(endpoint_url=self._url) from error
        except BaseException:
            connection.close()
            raise
        if answer.is_kept:
            self._idle.append((monotonic(), connection))
        else:
            connection.close()
        return answer

    def _kept(self) -> socket.socket | None:
        """Return the connection that was used last, so that those that are not needed grow old and are closed."""
        while True:
            try:
                since, connection = self._idle.pop()
            except IndexError:
                return None
            if monotonic() - since <= self._idle_seconds and not _has_something(connection):
                return connection
            connection.close()

    def _connect(self) -> socket.socket:
        try:
            made = socket.create_connection((self._name, self._port), self._connect_seconds)
        except TimeoutError as error:
            raise ConnectTimeoutError(endpoint_url=self._url) from error
        except OSError as error:
            raise EndpointConnectionError(endpoint_url=self._url) from error
        try:
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            connection = (
                _security().wrap_socket(made, server_hostname=self._name) if self._is_secure else made
            )
            connection.settimeout(self._read_seconds)
        except OSError as error:
            made.close()
            raise EndpointConnectionError(endpoint_url=self._url) from error
        return connection


class _Unanswered(ConnectionError):
    """The connection ended before any part of a response came."""


def _answer(connection: socket.socket, request: bytes) -> Answer:
    try:
        connection.sendall(request)
        data = connection.recv(_PIECE)
    except TimeoutError:
        raise
    except OSError as error:
        raise _Unanswered from error
    if not data:
        raise _Unanswered
    while (answer := answer_in(data)) is None:
        if not (more := connection.recv(_PIECE)):
            if (last := answer_in(data, is_ended=True)) is None:
                raise BadAnswer("the connection ended in the middle of an answer")
            return last
        data += more
    return answer


def _has_something(connection: socket.socket) -> bool:
    """No request is open, so readable bytes mean that the connection has ended or that an unrequested response came."""
    try:
        readable, _, _ = select.select([connection], [], [], 0)
    except ValueError:  # the descriptor's number is too large for `select`
        return True
    return bool(readable)


@cache
def _security() -> ssl.SSLContext:
    """The TLS context trusts the authorities that botocore trusts."""
    from botocore.httpsession import get_cert_path

    return ssl.create_default_context(cafile=get_cert_path(True))

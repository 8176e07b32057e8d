"""Reading a request and writing an answer in ASGI."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import Message, Receive, Scope, Send

from forge.api.entry.origin_check import VIEWER_HEADER
from forge.api.entry.request_payer import prefix_of
from local_dev.http_server.answer import Answer


class BodyTooLarge(Exception):
    """The request body exceeds the gateway's limit."""


async def read_body(receive: Receive, limit: int) -> bytes:
    """Return the whole body. A body that is too large is read to its end, so that the client sees the answer."""
    body, size = bytearray(), 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= limit:
            body += chunk
        if not message.get("more_body"):
            break
    if size > limit:
        raise BodyTooLarge
    return bytes(body)


def until_stopped(receive: Receive, is_stopping: Callable[[], bool]) -> Receive:
    """Return a `receive` that reports a disconnect when the server stops, so that an endless stream ends itself.

    A request whose body is still being read is read to its end.
    """
    is_read = False

    async def received() -> Message:
        nonlocal is_read
        if is_read and is_stopping():
            return {"type": "http.disconnect"}
        message = await receive()
        is_read = not message.get("more_body", False)
        return message

    return received


def stranger(scope: Scope) -> str | None:
    """Return the caller's address prefix as set by the front; None for the user of this computer."""
    viewer = dict(scope["headers"]).get(VIEWER_HEADER.encode(), b"").decode("latin-1")
    return prefix_of(viewer) if viewer else None


def joined_headers(scope: Scope) -> dict[str, str]:
    """Names are in lower case; values of repeated headers are joined by commas."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        separator = "; " if name == "cookie" else ","
        headers[name] = f"{headers[name]}{separator}{value}" if name in headers else value
    return headers


async def respond(scope: Scope, send: Send, answer: Answer) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})


async def refuse(scope: Scope, receive: Receive, send: Send, answer: Answer) -> None:
    """Refuse a request, or the handshake of a socket, before anything has answered it."""
    if scope["type"] == "http":
        await respond(scope, send, answer)
        return
    await receive()
    headers = [(name.encode(), value.encode("latin-1")) for name, value in answer.headers]
    await send({"type": "websocket.http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": answer.body})

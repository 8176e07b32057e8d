"""A request to upgrade to what is not offered is answered as if it had not asked, and so is what follows it."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.local_dev.conftest import Application
from tests.patience import PATIENCE_SECONDS

HTTP_2 = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
SOCKET = (
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
LENGTH = b"Content-Length: 4\r\n\r\nbody"
CHUNKS = b"Transfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n"
LAST = b"GET /said HTTP/1.1\r\nHost: @HOST@\r\nConnection: close\r\n\r\n"


def said(event: Any, _context: Any) -> dict[str, Any]:
    return {"statusCode": 200, "body": f"{event['requestContext']['http']['method']} {event.get('body')}"}


async def answers(application: Application, sent: bytes, pieces: int = 1) -> list[str]:
    """The statuses and bodies of all answers up to the end of the connection."""
    application.http = {"GET /said": said, "POST /said": said}
    async with application.running() as running:
        host, port = running.address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        sent = sent.replace(b"@HOST@", running.address.encode())
        step = max(1, len(sent) // pieces)
        for start in range(0, len(sent), step):
            writer.write(sent[start : start + step])
            await asyncio.sleep(0)
        told = await asyncio.wait_for(reader.read(), PATIENCE_SECONDS)
        writer.close()
    heads = [part.partition(b"\r\n\r\n") for part in told.split(b"HTTP/1.1 ")[1:]]
    return [f"{head[:3].decode()} {body.decode()}" for head, _, body in heads]


@pytest.mark.parametrize("body", [LENGTH, CHUNKS], ids=["length", "chunks"])
@pytest.mark.parametrize("upgrade", [HTTP_2, SOCKET], ids=["HTTP/2", "WebSocket"])
@pytest.mark.parametrize("pieces", [1, 9, 1_000])
async def test_the_body_and_the_next_request_are_read(
    application: Application, upgrade: bytes, body: bytes, pieces: int
) -> None:
    sent = b"POST /said HTTP/1.1\r\nHost: @HOST@\r\n" + upgrade + body + LAST
    told = await answers(application, sent, pieces)
    assert told == ["200 POST body", "200 GET None"]


@pytest.mark.parametrize("body", [LENGTH, CHUNKS], ids=["length", "chunks"])
async def test_a_socket_is_not_opened_by_a_request_with_a_body(application: Application, body: bytes) -> None:
    sent = b"GET /ws?session_id=a HTTP/1.1\r\nHost: @HOST@\r\n" + SOCKET + body + LAST
    assert [told[:3] for told in await answers(application, sent)] == ["404", "200"]


async def test_a_tunnel_is_refused(application: Application) -> None:
    sent = b"CONNECT @HOST@ HTTP/1.1\r\nHost: @HOST@\r\n" + HTTP_2 + b"\r\n"
    assert [told[:3] for told in await answers(application, sent)] == ["400"]


async def test_an_upgrade_without_a_body_keeps_the_connection(application: Application) -> None:
    application.http = {"GET /said": said}
    offer = {"connection": "Upgrade, HTTP2-Settings", "upgrade": "h2c", "http2-settings": "AA"}
    async with application.running() as running, httpx.AsyncClient(timeout=PATIENCE_SECONDS) as web:
        told = [(await web.get(f"{running.url}/said", headers=offer)).text for _ in range(3)]
    assert told == ["GET None"] * 3

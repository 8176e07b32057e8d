"""Clients that send long heads, end nothing or read nothing are refused or cut off; others are served in the
meantime.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from tests.local_dev.conftest import Application
from tests.patience import LOOK_SECONDS, PATIENCE_SECONDS, eventually

LIMIT = 10_240
HOST = b"GET /hello HTTP/1.1\r\nHost: 127.0.0.1\r\n"


def hello(_event: Any, _context: Any) -> dict[str, Any]:
    return {"statusCode": 200, "body": "hello"}


async def asked(address: str, *pieces: bytes) -> bytes:
    """The answer, up to the end of the connection."""
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return await asyncio.wait_for(reader.read(), PATIENCE_SECONDS)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def is_served(url: str) -> bool:
    """Ask again if this client is too slow itself: a busy computer may let more time pass than a head may take."""
    async with asyncio.timeout(PATIENCE_SECONDS), httpx.AsyncClient(timeout=PATIENCE_SECONDS) as web:
        while True:
            with contextlib.suppress(httpx.ReadError, httpx.RemoteProtocolError):
                return (await web.get(f"{url}/hello")).text == "hello"
            await asyncio.sleep(LOOK_SECONDS)


@pytest.mark.parametrize(
    "head",
    [
        [HOST + b"x: " + b"y" * LIMIT + b"\r\n\r\n"],
        [HOST + b"x: " + b"y" * LIMIT * 10],
        [HOST, b"x: ", b"y" * (LIMIT // 2), b"y" * LIMIT],
        [HOST + b"".join(b"x%d: yyyyyyyy\r\n" % each for each in range(1000)) + b"\r\n"],
        [b"GET /" + b"y" * LIMIT + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"],
        [b"GET /" + b"y" * LIMIT * 2],
        [HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\nx: " + b"y" * LIMIT + b"\r\n\r\n"],
        [HOST.replace(b"GET", b"POST") + b"Content-Length: 3\r\nx: " + b"y" * LIMIT + b"\r\n\r\nabc"],
    ],
)
async def test_a_long_head_is_refused(application: Application, head: list[bytes]) -> None:
    application.http = {"GET /hello": hello}
    async with application.running() as running:
        answer = await asked(running.address, *head)
        assert answer.startswith(b"HTTP/1.1 431 ")
        assert answer.count(b"HTTP/1.1") == 1
        length = int(answer.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
        assert len(answer.partition(b"\r\n\r\n")[2]) == length
        assert await is_served(running.url)


async def test_a_head_within_the_limit_passes_and_so_does_a_long_body(application: Application) -> None:
    application.http = {"GET /hello": hello, "POST /hello": hello}
    async with application.running() as running, httpx.AsyncClient(timeout=PATIENCE_SECONDS) as web:
        for _ in range(2):
            assert (
                await web.get(f"{running.url}/hello", headers={"x": "y" * (LIMIT - 500)})
            ).status_code == 200
            assert (await web.post(f"{running.url}/hello", content=b"y" * LIMIT * 10)).status_code == 200


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET",
        HOST,
        HOST + b"x: y",
        HOST + b"\r\n" + HOST,
        HOST.replace(b"GET", b"POST") + b"Content-Length: 10\r\n\r\nabc",
        HOST.replace(b"GET", b"POST") + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabc",
    ],
)
async def test_what_is_never_ended_is_cut_off(application: Application, begun: bytes) -> None:
    application.http = {"GET /hello": hello, "POST /hello": hello}
    application.limit(head_seconds=0.05, body_seconds=0.05)
    async with application.running() as running:
        answers = await asyncio.gather(*(asked(running.address, begun) for _ in range(50)))
        assert len(answers) == 50
        assert await is_served(running.url)


async def test_a_client_that_reads_nothing_is_cut_off(application: Application) -> None:
    ended = asyncio.Event()

    async def endless(_scope: Any, _receive: Any, send: Any) -> None:
        try:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for _ in range(10_000):
                await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
        finally:
            ended.set()

    application.streams = {"GET /stream": endless}
    application.limit(send=0.05)
    async with application.running() as running:
        host, _, port = running.address.partition(":")
        _, writer = await asyncio.open_connection(host, int(port), limit=1)
        writer.write(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.wait_for(ended.wait(), PATIENCE_SECONDS)
        writer.close()


async def test_a_socket_that_reads_nothing_is_cut_off(application: Application) -> None:
    application.limit(send=0.05)
    async with (
        application.running() as running,
        connect(running.ws_url, proxy=None, max_queue=1, ping_interval=None) as socket,
    ):
        (connection,) = await eventually(lambda: list(running.sockets.connections.values()))
        socket.transport.pause_reading()
        with contextlib.suppress(TimeoutError, OSError, RuntimeError):
            while True:
                await connection.send("x" * 100_000)
        await eventually(lambda: not running.sockets.connections)
        socket.transport.abort()

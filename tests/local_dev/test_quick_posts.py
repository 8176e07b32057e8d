"""What the HTTP protocol does without the application, and what it leaves to it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from starlette.types import Receive, Scope, Send

from local_dev.gateway.connections_api import PREFIX
from local_dev.gateway.gateway import Server
from local_dev.http_server.answer import Answer
from local_dev.http_server.asgi import read_body, respond
from local_dev.http_server.limits import Limits
from tests.patience import PATIENCE_SECONDS

BODY = b"frame \xc3\xa9"
LENGTH = f"content-length: {len(BODY)}"


@dataclass
class Told:
    """`quick`: the bodies of what was done at once; `slow`: those of what the application got."""

    quick: list[bytes] = field(default_factory=list)
    slow: list[bytes] = field(default_factory=list)

    def frames(self, address: bytes, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> bool:
        if not address.endswith(b"open"):
            return False
        assert (b"x-own", b"1") in headers
        self.quick.append(body)
        return True

    async def application(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.slow.append(await read_body(receive, 1_000_000))
        await respond(scope, send, Answer(201))


def post(name: str, *fields: str, body: bytes = BODY, method: str = "POST") -> bytes:
    lines = [f"{method} {PREFIX}{name} HTTP/1.1", "host: 127.0.0.1", "x-own: 1", *fields]
    return "\r\n".join([*lines, "", ""]).encode() + body


@asynccontextmanager
async def serving(told: Told) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(told.application, listener, Limits(message=100), told.frames)
        task = asyncio.create_task(server.run_until_stopped())
        reader, writer = await asyncio.open_connection(*listener.getsockname()[:2])
        try:
            yield reader, writer
        finally:
            writer.close()
            server.should_exit = True
            await asyncio.wait_for(task, PATIENCE_SECONDS)


async def status(reader: asyncio.StreamReader) -> int:
    async with asyncio.timeout(PATIENCE_SECONDS):
        head = await reader.readuntil(b"\r\n\r\n")
    return int(head.split()[1]) if b"100 Continue" not in head else await status(reader)


async def asked(told: Told, *requests: bytes) -> list[int]:
    """The statuses of requests that come in one piece."""
    async with serving(told) as (reader, writer):
        writer.write(b"".join(requests))
        return [await status(reader) for _ in requests]


async def test_a_post_that_can_be_done_at_once_never_reaches_the_application():
    told = Told()
    assert await asked(told, post("open", LENGTH)) == [200]
    assert (told.quick, told.slow) == ([BODY], [])


@pytest.mark.parametrize(
    "request_",
    [
        post("closed", LENGTH),
        post("open", "content-length: 101", body=b"x" * 101),
        post("open", "transfer-encoding: chunked", body=b"8\r\n" + BODY + b"\r\n0\r\n\r\n"),
        post("open", LENGTH, "expect: 100-continue"),
        post("open", LENGTH, "connection: close"),
        post("open", LENGTH, method="PUT"),
        post("../elsewhere/open", LENGTH).replace(PREFIX.encode(), b"/"),
    ],
    ids=["refused", "too long", "chunked", "expects", "closes", "put", "elsewhere"],
)
async def test_whatever_is_not_as_usual_is_the_application_s(request_: bytes):
    told = Told()
    assert await asked(told, request_) == [201]
    assert told.quick == []
    assert [len(body) for body in told.slow] == [101 if b"101" in request_ else len(BODY)]


async def test_requests_of_one_connection_are_answered_in_their_order():
    told = Told()
    requests = (post("open", LENGTH), post("closed", LENGTH), post("open", LENGTH), post("open", LENGTH))
    first, second, *others = await asked(told, *requests)
    assert (first, second) == (200, 201)
    assert set(others) <= {200, 201}  # by whether they come while the second one is being answered
    assert told.quick + told.slow == [BODY] * 4


async def test_a_body_that_comes_in_pieces_is_one_frame():
    told = Told()
    async with serving(told) as (reader, writer):
        for number, byte in enumerate(post("open", LENGTH)):
            writer.write(bytes([byte]))
            if not number % 16:
                await asyncio.sleep(0)
        assert await status(reader) == 200
        writer.write(post("open", LENGTH))
        assert await status(reader) == 200
    assert told.quick == [BODY, BODY]

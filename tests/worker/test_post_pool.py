"""POST requests over persistent connections, to a real server that misbehaves as servers do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from forge.aws.http_answer import BadAnswer
from forge.errors import ConnectionGone, StorageUnavailable
from tests.patience import PATIENCE_SECONDS
from tests.virtual_loop import run_in_virtual_time
from worker.push.post_connection import PostConnection
from worker.push.post_pool import PostPool
from worker.push.signed_connections import SignedConnections

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
LAST = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass
class Server:
    """Answers each request with the next of `replies` (then with `OK`); None: it closes the connection instead.

    `closes`: it also closes it after each answer.
    """

    url: str = ""
    replies: list[bytes | None] = field(default_factory=list[bytes | None])
    bodies: list[bytes] = field(default_factory=list[bytes])
    closes: bool = False
    opened: int = 0
    open: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._count(1)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:] if ": " in line)
                await self._take(await reader.readexactly(int(fields["Content-Length"])))
                await self.gate.wait()
                if (reply := self.replies.pop(0) if self.replies else OK) is None:
                    return
                writer.write(reply)
                if self.closes:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            await self._count(-1)
            writer.close()

    async def _count(self, change: int) -> None:
        async with self.changed:
            self.opened += change > 0
            self.open += change
            self.changed.notify_all()

    async def _take(self, body: bytes) -> None:
        async with self.changed:
            self.bodies.append(body)
            self.changed.notify_all()

    async def until_open(self, number: int) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS), self.changed:
            await self.changed.wait_for(lambda: self.open == number)

    async def until_taken(self, *bodies: bytes) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS), self.changed:
            await self.changed.wait_for(lambda: self.bodies == [*bodies])


@asynccontextmanager
async def pool_of(**options: float) -> AsyncGenerator[tuple[Server, PostPool]]:
    server = Server()
    server.gate.set()
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    pool = PostPool(server.url, **options)  # type: ignore[arg-type]
    try:
        yield server, pool
    finally:
        server.gate.set()
        await pool.close()
        listener.close()
        await server.until_open(0)


async def test_one_connection_serves_posts_that_follow_each_other_and_as_many_as_go_at_once() -> None:
    async with pool_of() as (server, pool):
        for number in range(5):
            assert await pool.post("/x", {}, b"%d" % number) == 200
        assert (server.opened, server.bodies) == (1, [b"0", b"1", b"2", b"3", b"4"])
        server.gate.clear()
        posts = [asyncio.create_task(pool.post("/x", {}, b"")) for _ in range(3)]
        await server.until_open(3)
        server.gate.set()
        assert await asyncio.gather(*posts) == [200, 200, 200]
        assert server.opened == 3


async def test_no_more_connections_than_allowed_are_opened() -> None:
    async with pool_of(limit=2) as (server, pool):
        assert await asyncio.gather(*(pool.post("/x", {}, b"") for _ in range(20))) == [200] * 20
        assert server.opened <= 2


@pytest.mark.parametrize("reply", [LAST, OK + b"more", b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"])
async def test_a_connection_that_is_not_to_be_kept_is_replaced(reply: bytes) -> None:
    async with pool_of() as (server, pool):
        server.replies = [reply]
        assert await pool.post("/x", {}, b"first") == 200
        await server.until_open(0)
        assert await pool.post("/x", {}, b"second") == 200
        assert (server.opened, server.bodies) == (2, [b"first", b"second"])


async def test_a_kept_connection_that_its_server_closes_costs_no_frame() -> None:
    async with pool_of() as (server, pool):
        assert await pool.post("/x", {}, b"first") == 200
        server.replies = [None]
        assert await pool.post("/x", {}, b"second") == 200
        assert (server.opened, server.bodies) == (2, [b"first", b"second", b"second"])


async def test_connections_that_nobody_uses_are_closed() -> None:
    async with pool_of(idle_seconds=0.05) as (server, pool):
        assert await pool.post("/x", {}, b"") == 200
        await server.until_open(0)


async def test_an_answer_that_comes_too_late_is_nobodys() -> None:
    async with pool_of() as (server, pool):
        server.gate.clear()
        server.replies = [b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"]
        post = asyncio.create_task(pool.post("/x", {}, b"slow"))
        await server.until_taken(b"slow")
        post.cancel()
        with pytest.raises(asyncio.CancelledError):
            await post
        server.gate.set()
        await server.until_open(0)
        assert await pool.post("/x", {}, b"next") == 200


async def test_a_server_that_does_not_answer_is_waited_for_only_so_long() -> None:
    async with pool_of(seconds=0.05) as (server, pool):
        server.gate.clear()
        with pytest.raises(TimeoutError):
            await pool.post("/x", {}, b"")


async def test_a_later_request_of_a_connection_is_waited_for_as_long_as_the_first_one() -> None:
    async with pool_of(seconds=0.05) as (server, pool):
        assert await pool.post("/x", {}, b"first") == 200
        server.gate.clear()
        with pytest.raises(TimeoutError):
            await pool.post("/x", {}, b"second")
        assert server.opened == 1


class Wire(asyncio.Transport):
    """Takes what is written; its test answers."""

    def write(self, data: object) -> None: ...
    def is_closing(self) -> bool:
        return False

    def abort(self) -> None: ...


def test_a_request_is_not_cut_short_by_the_time_limit_of_an_earlier_one() -> None:
    statuses: list[int] = []

    async def requests() -> None:
        loop, connection = asyncio.get_running_loop(), PostConnection()
        began = loop.time()
        connection.connection_made(Wire())
        for answered_after in (1, 9, 9):
            loop.call_later(answered_after, connection.data_received, OK)
            statuses.append((await connection.exchange(b"POST", loop.time() + 10)).status)
        with pytest.raises(TimeoutError):
            await connection.exchange(b"POST", loop.time() + 10)
        assert loop.time() - began == pytest.approx(1 + 9 + 9 + 10)

    run_in_virtual_time(requests)
    assert statuses == [200, 200, 200]


async def nobody(_server: Server) -> str:
    """The address of a port that nobody listens at."""
    listener = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    listener.close()
    await listener.wait_closed()
    return f"http://127.0.0.1:{port}"


async def itself(server: Server) -> str:
    return server.url


@pytest.mark.parametrize(
    ("reply", "where", "error"),
    [
        (b"HTTP/1.1 410 Gone\r\nContent-Length: 2\r\n\r\n{}", itself, ConnectionGone),
        (b"HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n", itself, StorageUnavailable),
        (b"HTTP/1.1 500 Oops\r\n\r\n", itself, StorageUnavailable),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", itself, StorageUnavailable),
        (b"SSH-2.0-OpenSSH\r\n\r\n", itself, StorageUnavailable),
        (None, itself, StorageUnavailable),
        (OK, nobody, StorageUnavailable),
    ],
)
async def test_what_a_server_does_is_told_as_one_of_two_errors(
    reply: bytes | None, where: Callable[[Server], Awaitable[str]], error: type[Exception]
) -> None:
    async with pool_of() as (server, _):
        server.replies, server.closes = [reply], True
        connections = SignedConnections(await where(server), "us-east-1", Keys())
        try:
            with pytest.raises(error):
                await connections.post("c=1", b"{}")
        finally:
            await connections.close()


async def test_an_answer_that_is_none_raises_what_it_is() -> None:
    async with pool_of() as (server, pool):
        server.replies = [b"nonsense\r\n\r\n"]
        with pytest.raises(BadAnswer):
            await pool.post("/x", {}, b"")
        assert await pool.post("/x", {}, b"") == 200


class Keys:
    access_key, secret_key, token = "key", "secret", None

    def get_frozen_credentials(self) -> Keys:
        return self

"""POST requests of threads over persistent connections, to a real server that misbehaves as servers do."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from forge.aws.kept_connections import KeptConnections
from tests.patience import PATIENCE_SECONDS

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
LAST = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


@dataclass
class Server:
    """Answers each request with the next of `replies` (then with `OK`); None: it closes the connection instead.

    `closes`: it also closes it after each answer. Nothing is answered while `gate` is not set.
    """

    replies: list[bytes | None] = field(default_factory=list[bytes | None])
    bodies: list[bytes] = field(default_factory=list[bytes])
    closes: bool = False
    opened: int = 0
    open: int = 0
    gate: threading.Event = field(default_factory=threading.Event)
    changed: threading.Condition = field(default_factory=threading.Condition)
    listener: socket.socket = field(
        default_factory=lambda: socket.create_server(("127.0.0.1", 0), backlog=64)
    )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def run(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=[connection], daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        self.count(1)
        with suppress(OSError), connection, connection.makefile("rb") as incoming:
            while head := self.head(incoming.readline):
                body = incoming.read(int(head["content-length"]))
                with self.changed:
                    self.bodies.append(body)
                    self.changed.notify_all()
                self.gate.wait(PATIENCE_SECONDS)
                if (reply := self.replies.pop(0) if self.replies else OK) is None:
                    break
                connection.sendall(reply)
                if self.closes:
                    break
        self.count(-1)

    def head(self, line: Callable[[], bytes]) -> dict[str, str]:
        lines = list(iter(lambda: line().strip().decode(), ""))
        return dict(each.lower().split(": ", 1) for each in lines[1:])

    def count(self, change: int) -> None:
        with self.changed:
            self.opened += change > 0
            self.open += change
            self.changed.notify_all()

    def until(self, is_so: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(is_so, PATIENCE_SECONDS)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    made.gate.set()
    threading.Thread(target=made.run, daemon=True).start()
    yield made
    made.gate.set()
    made.listener.shutdown(socket.SHUT_RDWR)
    made.listener.close()


@pytest.fixture
def posts(server: Server) -> Iterator[KeptConnections]:
    made = KeptConnections(server.url, connect_seconds=PATIENCE_SECONDS, read_seconds=PATIENCE_SECONDS)
    yield made
    made.close()


def test_one_connection_serves_posts_that_follow_each_other(server: Server, posts: KeptConnections) -> None:
    for number in range(5):
        answer = posts.post("/", {"X-A": "b"}, b"%d" % number)
        assert (answer.status, answer.body) == (200, b"{}")
    assert (server.opened, server.bodies) == (1, [b"0", b"1", b"2", b"3", b"4"])


def test_posts_at_once_have_a_connection_each_and_all_are_kept(
    server: Server, posts: KeptConnections
) -> None:
    with ThreadPoolExecutor(5) as threads:
        for _ in range(2):
            server.gate.clear()
            server.bodies.clear()
            calls = [threads.submit(posts.post, "/", {}, b"x") for _ in range(5)]
            server.until(lambda: len(server.bodies) == 5)
            server.gate.set()
            assert [call.result(PATIENCE_SECONDS).status for call in calls] == [200] * 5
    assert server.opened == 5


@pytest.mark.parametrize("reply", [LAST, OK + b"more", b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"])
def test_a_connection_that_is_not_to_be_kept_is_replaced(
    server: Server, posts: KeptConnections, reply: bytes
) -> None:
    server.replies = [reply]
    assert posts.post("/", {}, b"first").body == b"{}"
    server.until(lambda: not server.open)
    assert posts.post("/", {}, b"second").body == b"{}"
    assert (server.opened, server.bodies) == (2, [b"first", b"second"])


def test_a_kept_connection_that_its_server_has_closed_costs_no_request(
    server: Server, posts: KeptConnections
) -> None:
    server.closes = True
    posts.post("/", {}, b"first")
    server.until(lambda: not server.open)
    posts.post("/", {}, b"second")
    assert server.bodies == [b"first", b"second"]


def test_a_kept_connection_that_ends_instead_of_an_answer_is_replaced_once(
    server: Server, posts: KeptConnections
) -> None:
    posts.post("/", {}, b"first")
    server.replies = [None]
    assert posts.post("/", {}, b"second").status == 200
    assert server.bodies == [b"first", b"second", b"second"]


def test_connections_that_nobody_has_used_for_long_are_not_used_again(
    server: Server,
) -> None:
    posts = KeptConnections(server.url, PATIENCE_SECONDS, PATIENCE_SECONDS, idle_seconds=-1.0)
    posts.post("/", {}, b"")
    posts.post("/", {}, b"")
    posts.close()
    assert server.opened == 2


def test_an_answer_that_comes_too_late_is_nobodys(server: Server) -> None:
    posts = KeptConnections(server.url, connect_seconds=PATIENCE_SECONDS, read_seconds=0.05)
    server.gate.clear()
    server.replies = [b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"]
    with pytest.raises(ReadTimeoutError):
        posts.post("/", {}, b"slow")
    server.gate.set()
    server.until(lambda: not server.replies)
    patient = KeptConnections(server.url, connect_seconds=PATIENCE_SECONDS, read_seconds=PATIENCE_SECONDS)
    patient._idle = posts._idle
    assert patient.post("/", {}, b"next").status == 200
    patient.close()


@pytest.mark.parametrize(
    "reply", [None, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", b"SSH-2.0-OpenSSH\r\n\r\n"]
)
def test_what_is_no_answer_is_told_as_botocore_tells_it(
    server: Server, posts: KeptConnections, reply: bytes | None
) -> None:
    server.replies, server.closes = [reply], True
    with pytest.raises(ConnectionClosedError):
        posts.post("/", {}, b"")
    assert posts.post("/", {}, b"").status == 200


def test_a_large_answer_is_read_whole(server: Server, posts: KeptConnections) -> None:
    body = b"x" * 3_000_000
    server.replies = [b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body]
    assert posts.post("/", {}, b"y" * 3_000_000).body == body
    assert server.bodies == [b"y" * 3_000_000]


def test_nobody_listening_is_told_as_botocore_tells_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(EndpointConnectionError):
        KeptConnections(url, PATIENCE_SECONDS, PATIENCE_SECONDS).post("/", {}, b"")

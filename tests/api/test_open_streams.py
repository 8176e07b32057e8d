"""Sockets and event streams of a caller are counted together, and any kind of end frees the place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import pytest

from forge.api import dependencies
from forge.api.open_streams import KEPT_MS, StreamPlace
from functions.chat_stream.handler import app
from tests.api.conftest import Environment
from tests.api.gateway import Gateway
from tests.patience import PATIENCE_SECONDS

ADDRESS = "203.0.113.9"


def test_a_caller_opens_as_many_sockets_as_may_be_and_one_that_leaves_makes_room(
    gateway: Gateway, environment: Environment
) -> None:
    environment.set(CALLER_STREAMS="2")
    opened = [gateway.connect(session_id=f"s{number}") for number in range(3)]
    assert [status for status, _ in opened] == [200, 200, 429]
    gateway.leave(opened[0][1])
    assert gateway.connect(session_id="s4")[0] == 200
    assert gateway.connect(session_id="s5")[0] == 429


@pytest.mark.slow
def test_a_socket_that_its_session_refuses_takes_no_place(gateway: Gateway, environment: Environment) -> None:
    environment.set(CALLER_STREAMS="60", CALLER_UNITS_PER_MINUTE="60000")
    opened = [gateway.connect(session_id="crowded")[0] for _ in range(55)]
    assert opened.count(200) == 50
    assert [gateway.connect(session_id=f"s{number}")[0] for number in range(11)] == [200] * 10 + [429]


@asynccontextmanager
async def stream(session_id: str, headers: dict[str, str] | None = None, **query: str) -> AsyncGenerator[int]:
    """The status of an event stream that a stranger has open."""
    started, left = asyncio.get_running_loop().create_future(), asyncio.Event()
    asked = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Any:
        if asked:
            return asked.pop()
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            started.set_result(message["status"])

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/api/chat/stream",
        "raw_path": b"/api/chat/stream",
        "root_path": "",
        "query_string": urlencode({"session_id": session_id, **query}).encode(),
        "headers": [(b"host", b"forge.test")]
        + [(name.encode(), value.encode()) for name, value in (headers or {}).items()],
        "client": (ADDRESS, 1),
        "server": ("forge.test", 80),
    }
    task = asyncio.create_task(app(scope, receive, send))
    try:
        yield await asyncio.wait_for(started, PATIENCE_SECONDS)
    finally:
        left.set()
        await asyncio.wait_for(task, PATIENCE_SECONDS)


async def until_free(session_id: str) -> None:
    """A place is freed beside the stream's end."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            async with stream(session_id) as status:
                if status == 200:
                    return


async def test_a_stream_is_refused_when_there_are_too_many_and_one_that_ends_makes_room(
    gateway: Gateway, environment: Environment
) -> None:
    environment.set(CALLER_STREAMS="2", CALLER_UNITS_PER_MINUTE="60000")
    async with stream("a") as first, stream("b") as second, stream("c") as third:
        assert (first, second, third) == (200, 200, 429)
    await until_free("d")


async def test_a_process_that_dies_frees_its_streams_with_time_and_a_stream_that_lives_stays(
    gateway: Gateway, environment: Environment
) -> None:
    environment.set(CALLER_STREAMS="2")
    now = dependencies.now()
    for name, until in (("dead", now - 1), ("alive", now + KEPT_MS)):
        dependencies.store().open_streams.stay("p", name, until)
    place = StreamPlace("p")
    place.open()
    place.stay()
    place.close()
    StreamPlace("p").open()

"""`GET /api/chat/stream`: server-sent events for older clients."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import pytest
import uvicorn

from forge.api import dependencies
from forge.api.entry.origin_check import digest_of
from forge.api.state_stream import QUIET_RETRY, Follower, StreamTimes, get_stream
from forge.models.message import Draft
from forge.models.run import Ending, RunMessage
from forge.models.session_key import SessionKey
from forge.models.work import Lease
from forge.store import Store, keys
from tests.api.conftest import Environment
from tests.api.gateway import Gateway
from tests.patience import PATIENCE_SECONDS

KEY = SessionKey("anonymous", "s")


def claimed(store: Store, run_id: str) -> Lease:
    session = store.sessions.get(KEY)
    assert session
    message = RunMessage(
        owner=KEY.owner, session_id=KEY.session_id, generation=session.generation, run_id=run_id
    )
    return store.runs.claim(message, "test")


def event(follower: Follower) -> tuple[str, Any] | None:
    """Id and State of the event to send now."""
    raw = follower.next_event()
    if raw is None:
        return None
    id_line, data_line, *rest = raw.decode().split("\n")
    assert rest == ["", ""]
    return id_line.removeprefix("id: "), json.loads(data_line.removeprefix("data: "))


def test_the_first_event_is_the_state_and_its_id_is_the_rev(gateway: Gateway) -> None:
    gateway.post("/api/chat", {"message": "hello", "session_id": "s"})
    sent = event(Follower(KEY, None))
    assert sent
    assert sent[0] == str(sent[1]["rev"])
    assert sent[1] == gateway.get("/api/state", session_id="s").json


def test_an_event_is_sent_only_when_the_rev_has_moved(gateway: Gateway) -> None:
    follower = Follower(KEY, None)
    assert event(follower)
    assert event(follower) is None
    gateway.post("/api/chat", {"message": "hello", "session_id": "s"})
    sent = event(follower)
    assert sent
    assert [message["content"] for message in sent[1]["messages"]] == ["hello"]
    assert event(follower) is None


def test_a_client_that_comes_back_gets_only_what_is_new(gateway: Gateway) -> None:
    gateway.post("/api/chat", {"message": "hello", "session_id": "s"})
    first = event(Follower(KEY, None))
    assert first
    again = Follower(KEY, first[0])
    assert event(again) is None
    gateway.patch("/api/sessions/s", {"title": "new"})
    assert event(again)


def test_following_a_run_shows_its_text_grow_and_end(gateway: Gateway, real_store: Store) -> None:
    follower = Follower(KEY, None)
    run_id = gateway.post("/api/chat", {"message": "x", "session_id": "s"}).headers["x-run-id"]
    lease, shown = claimed(real_store, run_id), list[Any]()
    for text in ("one", "one two"):
        lease = real_store.runs.flush(lease, text)
        shown.append(event(follower))
    draft = Draft(sender="agent", content="one two three", created_at=1, run_id=run_id)
    real_store.runs.finish(lease, Ending(outcome="completed", drafts=[draft]))
    shown.append(event(follower))
    last = [state["messages"][-1] for _, state in shown]
    assert [(message["content"], message["is_streaming"]) for message in last] == [
        ("one", True),
        ("one two", True),
        ("one two three", False),
    ]


def test_following_asks_the_worker_to_flush_often_while_a_run_is_there(
    gateway: Gateway, real_store: Store
) -> None:
    follower = Follower(KEY, None)
    event(follower)
    assert KEY not in real_store.controls.read([KEY])
    gateway.post("/api/chat", {"message": "x", "session_id": "s"})
    event(follower)
    assert follower.is_busy
    assert real_store.controls.read([KEY])[KEY].watched_until > dependencies.now()


def test_an_open_stream_keeps_its_session_alive(gateway: Gateway, dynamodb: Any, table: str) -> None:
    gateway.post("/api/chat", {"message": "x", "session_id": "s"})
    dynamodb.update_item(
        TableName=table,
        Key={name: {"S": value} for name, value in keys.hot(KEY).items()},
        UpdateExpression="SET last_activity_at = :zero, expires_at = :soon",
        ExpressionAttributeValues={
            ":zero": {"N": "0"},
            ":soon": {"N": str(dependencies.now() // 1_000 + 60)},
        },
    )
    event(Follower(KEY, None))
    session = dependencies.store().sessions.get(KEY)
    assert session
    assert session.expires_at > dependencies.now() // 1_000 + 1_700


def test_a_new_generation_shows_nothing_of_the_old_one(gateway: Gateway) -> None:
    follower = Follower(KEY, None)
    gateway.post("/api/chat", {"message": "old", "session_id": "s"})
    gateway.post("/api/interrupt", {"session_id": "s"})
    event(follower)
    gateway.delete("/api/sessions/s")
    ended = event(follower)
    assert ended
    assert ended[1]["messages"] == []
    gateway.post("/api/chat", {"message": "new", "session_id": "s"})
    sent = event(follower)
    assert sent
    assert [message["content"] for message in sent[1]["messages"]] == ["new"]


async def test_a_quiet_stream_beats_like_a_heart(gateway: Gateway) -> None:
    stream = get_stream(Follower(KEY, None), _never, times=StreamTimes(heartbeat=0.05))
    sent = [await asyncio.wait_for(anext(stream), PATIENCE_SECONDS) for _ in range(4)]
    assert sent[0].startswith(b"retry:")
    assert sent[1].startswith(b"id: 0\n")
    assert all(comment.startswith(b":") and comment.endswith(b"\n\n") for comment in sent[2:])
    await stream.aclose()


async def test_a_stream_ends_before_its_function_would(gateway: Gateway) -> None:
    assert [
        event async for event in get_stream(Follower(KEY, None), _never, times=StreamTimes(life=0.0))
    ] == [b"retry: 1000\n\n"]


async def test_a_stream_outlives_a_storage_that_is_out_of_reach(gateway: Gateway, environment: Any) -> None:
    environment.set(AWS_ENDPOINT_URL="http://127.0.0.1:1")
    dependencies.forget()
    stream = get_stream(Follower(KEY, None), _never)
    assert (await anext(stream)).startswith(b"retry:")
    waiting = asyncio.ensure_future(anext(stream))
    done, _ = await asyncio.wait([waiting], timeout=0.3)
    assert not done
    environment.unset("AWS_ENDPOINT_URL")
    dependencies.forget()
    said = await asyncio.wait_for(waiting, PATIENCE_SECONDS)
    while said.startswith(b":"):  # a comment says that the stream lives
        said = await asyncio.wait_for(anext(stream), PATIENCE_SECONDS)
    assert said.startswith(b"id: 0\n")
    await stream.aclose()


async def _never() -> bool:
    return False


@pytest.fixture
def stream_url(gateway: Gateway) -> Iterator[str]:
    """The ASGI application on a real uvicorn, as in the function."""
    from functions.chat_stream.handler import app

    server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", 0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        threading.Event().wait(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}/api/chat/stream"
    server.should_exit = True
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()


async def lines(response: aiohttp.ClientResponse) -> AsyncIterator[str]:
    async for line in response.content:
        if text := line.decode().strip():
            yield text


async def test_a_browser_reads_states_over_http(gateway: Gateway, stream_url: str) -> None:
    await asyncio.to_thread(gateway.post, "/api/chat", {"message": "hello", "session_id": "s"})
    async with asyncio.timeout(PATIENCE_SECONDS), aiohttp.ClientSession() as http:
        async with http.get(stream_url, params={"session_id": "s"}) as response:
            assert response.status == 200
            assert response.headers["content-type"].startswith("text/event-stream")
            assert response.headers["x-session-id"] == "s"
            read = lines(response)
            assert await anext(read) == "retry: 1000"
            event_id = (await anext(read)).removeprefix("id: ")
            state = json.loads((await anext(read)).removeprefix("data: "))
        assert [message["content"] for message in state["messages"]] == ["hello"]
        assert event_id == str(state["rev"])


async def test_a_bad_session_id_is_refused_before_the_stream_begins(stream_url: str) -> None:
    async with aiohttp.ClientSession() as http, http.get(stream_url, params={"session_id": "a/b"}) as answer:
        assert answer.status == 422
        assert answer.content_type == "application/problem+json"


async def test_a_stream_without_a_change_ends_and_says_when_to_come_back(gateway: Gateway) -> None:
    sent = [event async for event in get_stream(Follower(KEY, "0"), _never, times=StreamTimes(quiet=0.0))]
    assert sent == [b"retry: 1000\n\n", QUIET_RETRY]


async def test_a_stream_stays_while_a_run_is_there(gateway: Gateway, real_store: Store) -> None:
    answer = await asyncio.to_thread(gateway.post, "/api/chat", {"message": "x", "session_id": "s"})
    lease = claimed(real_store, answer.headers["x-run-id"])
    stream = get_stream(Follower(KEY, None), _never, times=StreamTimes(quiet=0.2))
    assert (await anext(stream)).startswith(b"retry:")
    assert (await anext(stream)).startswith(b"id:")
    waiting = asyncio.ensure_future(anext(stream))
    done, _ = await asyncio.wait([waiting], timeout=0.5)
    assert not done
    real_store.runs.finish(lease, Ending(outcome="completed", drafts=[]))
    assert (await asyncio.wait_for(waiting, PATIENCE_SECONDS)).startswith(b"id:")
    rest = [event async for event in stream]
    assert rest[-1] == QUIET_RETRY


SECRET = "n" * 32
THROUGH = {"x-forge-edge": SECRET, "x-forwarded-host": "page.test"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({**THROUGH, "x-forge-edge": "guess"}, 403),
        ({**THROUGH, "x-forge-edge": ""}, 403),
        (THROUGH, 200),
        ({**THROUGH, "origin": "https://page.test"}, 200),
        ({**THROUGH, "origin": "https://evil.test"}, 403),
        ({**THROUGH, "origin": "null"}, 403),
        ({"x-forge-edge": SECRET, "origin": "https://page.test"}, 403),
    ],
)
async def test_the_stream_too_is_reached_through_the_distribution_and_from_its_own_page(
    environment: Environment, stream_url: str, headers: dict[str, str], status: int
) -> None:
    """It has a function URL of its own, and so an address past the distribution."""
    environment.set(EDGE_DIGESTS=digest_of(SECRET))
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        aiohttp.ClientSession() as http,
        http.get(stream_url, params={"session_id": "s"}, headers=headers) as answer,
    ):
        assert answer.status == status

"""The live connection against a server that misbehaves."""

from __future__ import annotations

import asyncio

from forge_client import ConnectionChanged, ForgeClient, Pace
from forge_client.backoff import Backoff
from tests.fake_server.server import FakeServer, serving
from tests.fake_server.session import SimulatedSession
from tests.forge_client.conftest import QUICK
from tests.patience import PATIENCE_SECONDS


def running_session(server: FakeServer, name: str = "mine") -> SimulatedSession:
    session = server.session(name)
    session.accept("tell me")
    session.claim()
    return session


async def shown(client: ForgeClient, *contents: str) -> None:
    await client.until(
        lambda now: [message.content for message in now.messages] == list(contents), timeout=PATIENCE_SECONDS
    )


async def status(client: ForgeClient, wanted: str) -> ConnectionChanged:
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for event in client.events():
            if isinstance(event, ConnectionChanged) and event.status == wanted:
                return event
    raise AssertionError("the client was closed")


async def test_text_arrives_as_it_is_written(server: FakeServer, client: ForgeClient) -> None:
    session = running_session(server)
    await client.connect()
    session.write("one ")
    await shown(client, "tell me", "one ")
    session.write("two")
    await shown(client, "tell me", "one two")
    session.finish()
    await client.until(lambda now: now.hot and not now.hot.is_processing, timeout=PATIENCE_SECONDS)
    await shown(client, "tell me", "one two")


async def test_a_client_that_joins_late_gets_everything(server: FakeServer, client: ForgeClient) -> None:
    session = running_session(server)
    session.write("x" * 100_000)
    session.flush()
    await shown(client, "tell me", "x" * 100_000)


async def test_lost_frames_are_asked_for_again(server: FakeServer, client: ForgeClient) -> None:
    session = running_session(server)
    await client.connect()
    server.broken.drops = lambda frame: "lost" in frame
    session.write("one ")
    session.write("lost ")
    session.write("three")
    await client.until(lambda now: now.has_gap, timeout=PATIENCE_SECONDS)
    session.flush()
    await shown(client, "tell me", "one lost three")


async def test_a_ping_reveals_that_the_last_frame_was_lost(server: FakeServer, client: ForgeClient) -> None:
    session = running_session(server)
    await client.connect()
    server.broken.drops = lambda frame: True
    session.write("lost")
    session.finish()
    await shown(client, "tell me", "lost")


async def test_a_cut_connection_is_dialled_again_and_catches_up(
    server: FakeServer, client: ForgeClient
) -> None:
    session = running_session(server)
    await client.connect()
    await status(client, "websocket")
    await server.cut()
    session.write("meanwhile")
    session.finish()
    await shown(client, "tell me", "meanwhile")
    assert len(server.dials) == 2


async def test_a_half_open_connection_is_noticed_by_the_missing_pong(
    server: FakeServer, client: ForgeClient
) -> None:
    session = running_session(server)
    await client.connect()
    server.broken.is_mute = True
    session.write("unheard")
    session.flush()
    offline = await status(client, "offline")
    assert "ping" in offline.detail
    server.broken.is_mute = False
    await shown(client, "tell me", "unheard")


async def test_a_connection_is_dialled_anew_before_the_server_would_cut_it(server: FakeServer) -> None:
    pace = Pace(redial_after=0.3, redial_jitter=0.1, proven=0.1)
    async with ForgeClient(server.base_url, "mine", pace=pace) as client:
        await client.connect()
        changes = client.events()
        await server.until(lambda: len(server.dials) >= 3)
        await client.aclose()
        seen = [event.status async for event in changes if isinstance(event, ConnectionChanged)]
    assert "offline" not in seen


async def test_where_websockets_are_blocked_the_session_is_followed_by_sse(
    server: FakeServer, client: ForgeClient
) -> None:
    server.broken.socket_status = 403
    session = running_session(server)
    await status(client, "sse")
    session.write("by ")
    await shown(client, "tell me", "by ")
    session.write("stream")
    session.finish()
    await shown(client, "tell me", "by stream")
    assert len(server.dials) == QUICK.dials_before_sse


async def test_the_websocket_is_taken_again_when_it_is_no_longer_blocked(server: FakeServer) -> None:
    server.broken.socket_status = 403
    async with ForgeClient(server.base_url, "mine", pace=Pace(backoff_first=0.02, sse_for=0.2)) as client:
        await status(client, "sse")
        server.broken.socket_status = None
        await status(client, "websocket")


async def test_a_token_opens_the_websocket_with_a_fresh_ticket_each_time(server: FakeServer) -> None:
    async with ForgeClient(server.base_url, "mine", token="secret", pace=QUICK) as client:
        await client.connect()
        await status(client, "websocket")
        await server.cut()
        await server.until(lambda: len(server.dials) == 2)
    tickets = server.api.asked("/api/ticket")
    assert len(tickets) == 2
    assert {asked.headers["authorization"] for asked in tickets} == {"Bearer secret"}
    assert all("ticket=t1cket" in url for url in server.dials)
    assert not any("secret" in url for url in server.dials)


async def test_a_connection_that_ends_with_its_token_shows_a_newer_one_in_time(server: FakeServer) -> None:
    server.api.opens_for = 0
    async with ForgeClient(server.base_url, "mine", token="secret", pace=QUICK) as client:
        await client.connect()
        await server.until(lambda: sum('"auth"' in heard for heard in server.heard) >= 2)
    assert len(server.dials) == 1


async def test_a_server_that_comes_back_is_found_again() -> None:
    first = FakeServer()
    async with serving(first):
        port = int(first.base_url.rsplit(":", 1)[1])
        client = ForgeClient(first.base_url, "mine", pace=QUICK)
        await client.connect()
    second = FakeServer()
    await status(client, "offline")
    async with serving(second, port):
        running_session(second).write("back")
        second.session("mine").flush()
        await shown(client, "tell me", "back")
        await client.aclose()


async def test_an_expired_session_is_told_and_its_next_message_starts_anew(
    server: FakeServer, client: ForgeClient
) -> None:
    running_session(server).finish()
    await shown(client, "tell me")
    server.session("mine").expire()
    await client.until(lambda now: now.expired, timeout=PATIENCE_SECONDS)
    assert await client.ask("anew", timeout=PATIENCE_SECONDS) == "You said: anew"
    assert not client.conversation.expired
    await shown(client, "anew", "You said: anew")


async def test_a_session_deleted_while_the_connection_was_down_is_found_expired(
    server: FakeServer, client: ForgeClient
) -> None:
    running_session(server)
    await client.connect()
    server.broken.is_mute = True
    server.session("mine").expire()
    await status(client, "offline")
    server.broken.is_mute = False
    await client.until(lambda now: now.expired, timeout=PATIENCE_SECONDS)


async def test_a_session_deleted_while_followed_by_sse_is_found_expired(
    server: FakeServer, client: ForgeClient
) -> None:
    server.broken.socket_status = 403
    running_session(server)
    await status(client, "sse")
    server.session("mine").expire()
    await client.until(lambda now: now.expired, timeout=PATIENCE_SECONDS)


async def test_two_clients_of_one_session_see_the_same(server: FakeServer, client: ForgeClient) -> None:
    async with ForgeClient(server.base_url, "mine", pace=QUICK) as second:
        await second.connect()
        await client.ask("hello", timeout=PATIENCE_SECONDS)
        await shown(second, "hello", "You said: hello")


async def test_frames_of_an_unknown_kind_are_passed_over(server: FakeServer, client: ForgeClient) -> None:
    session = running_session(server)
    await client.connect()
    session.push('{"type": "weather", "rain": true}')
    session.push("not even JSON")
    session.write("still here")
    await shown(client, "tell me", "still here")


def test_pauses_grow_up_to_a_cap_and_differ() -> None:
    first, second = Backoff(first=0.5, cap=30), Backoff(first=0.5, cap=30)
    pauses = [first.next() for _ in range(200)]
    assert pauses != [second.next() for _ in range(200)]
    assert 0.25 <= pauses[0] <= 0.5
    assert all(15 <= pause <= 30 for pause in pauses[10:])


async def test_a_server_that_drops_every_connection_is_not_stormed(server: FakeServer) -> None:
    pace = Pace(backoff_first=0.1, backoff_cap=10, proven=5)
    async with ForgeClient(server.base_url, "mine", pace=pace) as client:
        offline = 0
        async for event in client.events():
            if isinstance(event, ConnectionChanged) and event.status == "websocket":
                await server.cut()
            offline += isinstance(event, ConnectionChanged) and event.status == "offline"
            if offline == 4:
                break
    assert len(server.dials) == 4

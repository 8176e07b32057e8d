from __future__ import annotations

import asyncio
import gc
import json
import threading
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from local_dev.gateway.websocket_api import FRAMES_AT_ONCE
from local_dev.gateway.websocket_frames import GatewayProtocol
from tests.local_dev.conftest import SIGNED, Application
from tests.patience import PATIENCE_SECONDS, eventually

Event = dict[str, Any]


class Recorder:
    """A handler that keeps its events."""

    def __init__(self, status: int = 200) -> None:
        self.events: list[Event] = []
        self._status = status

    def __call__(self, event: Event, context: Any) -> Event:
        self.events.append(event)
        return {"statusCode": self._status, "body": "said the function"}

    @property
    def connection_id(self) -> str:
        return self.events[0]["requestContext"]["connectionId"]


@pytest.fixture
def routes(application: Application) -> dict[str, Recorder]:
    routes = {key: Recorder() for key in ("$connect", "$disconnect", "$default", "ping")}
    application.socket.update(routes)
    return routes


async def closed(client: ClientConnection) -> int | None:
    """The code with which the server closes."""
    await asyncio.wait_for(client.wait_closed(), PATIENCE_SECONDS)
    return client.close_code


async def test_the_connect_event_carries_the_query_and_the_headers(
    application: Application, routes: dict[str, Recorder]
):
    async with (
        application.running() as running,
        connect(f"{running.ws_url}?session_id=a%20b&x=1&x=2", additional_headers={"X-Mine": "1"}),
    ):
        event = routes["$connect"].events[0]
        context = event["requestContext"]
    assert (context["eventType"], context["routeKey"], context["stage"]) == ("CONNECT", "$connect", "ws")
    assert event["queryStringParameters"] == {"session_id": "a b", "x": "2"}
    assert event["multiValueQueryStringParameters"]["x"] == ["1", "2"]
    assert event["headers"]["X-Mine"] == "1"
    assert context["domainName"] == running.address
    assert len(context["connectionId"]) == 16
    assert context["connectionId"].endswith("=")


async def test_the_field_of_the_body_selects_the_route(application: Application, routes: dict[str, Recorder]):
    bodies = [
        '{"type": "ping"}',
        '{"type": "other"}',
        "no json",
        '{"type": "$connect"}',
        "[1]",
        '{"type": 7}',
        "[" * 20_000,
    ]
    async with application.running() as running, connect(running.ws_url) as client:
        for body in bodies:
            await client.send(body)
        await eventually(lambda: len(routes["ping"].events) + len(routes["$default"].events) == len(bodies))
    ping = routes["ping"].events[0]
    assert ping["body"] == '{"type": "ping"}'
    assert ping["requestContext"]["eventType"] == "MESSAGE"
    assert ping["requestContext"]["connectionId"] == routes["$connect"].connection_id
    assert sorted(event["body"] for event in routes["$default"].events) == sorted(bodies[1:])


async def test_a_refused_connect_answers_with_the_functions_status(application: Application):
    application.socket["$connect"] = Recorder(status=403)
    async with application.running() as running:
        with pytest.raises(InvalidStatus) as refused:
            await connect(running.ws_url)
        assert running.sockets.connections == {}
    assert refused.value.response.status_code == 403
    assert refused.value.response.body == b"said the function"


async def test_a_connect_that_fails_is_a_bad_gateway(application: Application):
    def broken(event: Event, context: Any) -> None:
        raise RuntimeError

    application.socket["$connect"] = broken
    async with application.running() as running:
        with pytest.raises(InvalidStatus) as refused:
            await connect(running.ws_url)
    assert refused.value.response.status_code == 502


async def test_disconnect_is_told_the_code(application: Application, routes: dict[str, Recorder]):
    async with application.running() as running:
        async with connect(running.ws_url) as client:
            await client.close(4001, "enough")
        await eventually(lambda: routes["$disconnect"].events)
        assert running.sockets.connections == {}
    context = routes["$disconnect"].events[0]["requestContext"]
    assert (context["eventType"], context["disconnectStatusCode"]) == ("DISCONNECT", 4001)
    assert context["disconnectReason"] == "enough"


async def test_a_message_whose_function_fails_is_answered_as_the_gateway_does(application: Application):
    def broken(event: Event, context: Any) -> None:
        raise RuntimeError

    application.socket["$default"] = broken
    async with application.running() as running, connect(running.ws_url) as client:
        await client.send("x")
        answer = json.loads(await asyncio.wait_for(client.recv(), PATIENCE_SECONDS))
    assert answer["message"] == "Internal server error"
    assert answer["connectionId"].endswith("=")


async def test_posts_arrive_in_order_until_the_connection_is_gone(
    application: Application, routes: dict[str, Recorder]
):
    async with (
        application.running() as running,
        httpx.AsyncClient(headers=SIGNED, timeout=PATIENCE_SECONDS) as http,
    ):
        async with connect(running.ws_url) as client:
            url = running.connection_url(routes["$connect"].connection_id)
            for number in range(20):
                assert (await http.post(url, content=f"{number} é")).status_code == 200
            assert [await client.recv() for _ in range(20)] == [f"{number} é" for number in range(20)]
        await eventually(lambda: not running.sockets.connections)
        gone = await http.post(url, content="late")
    assert gone.status_code == 410
    assert gone.headers["x-amzn-errortype"] == "GoneException"


async def test_a_post_to_a_connection_that_is_still_connecting_finds_nothing(application: Application):
    statuses: list[int] = []

    def post_at_once(event: Event, context: Any) -> Event:
        base = f"http://{event['requestContext']['domainName']}/_aws/ws/@connections/"
        url = base + event["requestContext"]["connectionId"].replace("=", "%3D")
        statuses.append(httpx.post(url, content="x", headers=SIGNED, timeout=PATIENCE_SECONDS).status_code)
        return {"statusCode": 200}

    application.socket["$connect"] = post_at_once
    async with application.running() as running, connect(running.ws_url):
        pass
    assert statuses == [410]


async def test_a_connection_can_be_described_and_closed(
    application: Application, routes: dict[str, Recorder]
):
    async with (
        application.running() as running,
        httpx.AsyncClient(headers=SIGNED, timeout=PATIENCE_SECONDS) as http,
        connect(running.ws_url) as client,
    ):
        url = running.connection_url(routes["$connect"].connection_id)
        described = await http.get(url)
        assert (await http.delete(url)).status_code == 204
        assert await closed(client) == 1000
        assert (await http.get(url)).status_code == 410
        await eventually(lambda: routes["$disconnect"].events)
    assert described.json()["connectedAt"].endswith("Z")


async def test_unsigned_and_oversized_posts_are_refused(
    application: Application, routes: dict[str, Recorder]
):
    async with (
        application.running() as running,
        httpx.AsyncClient(timeout=PATIENCE_SECONDS) as http,
        connect(running.ws_url),
    ):
        url = running.connection_url(routes["$connect"].connection_id)
        unsigned = await http.post(url, content="x")
        oversized = await http.post(url, content=b"x" * (128 * 1024 + 1), headers=SIGNED)
        largest = await http.post(url, content=b"x" * (128 * 1024), headers=SIGNED)
    assert (unsigned.status_code, oversized.status_code, largest.status_code) == (403, 413, 200)


async def test_a_frame_of_more_than_32_kilobytes_closes_the_connection(
    application: Application, routes: dict[str, Recorder]
):
    async with application.running() as running:
        async with connect(running.ws_url) as client:
            await client.send("x" * (32 * 1024))
            await eventually(lambda: routes["$default"].events)
            await client.send("x" * (32 * 1024 + 1))
            assert await closed(client) == 1009
        await eventually(lambda: routes["$disconnect"].events)
    assert len(routes["$default"].events) == 1


async def test_a_message_in_small_frames_may_have_128_kilobytes(
    application: Application, routes: dict[str, Recorder]
):
    async with application.running() as running, connect(running.ws_url) as client:
        await client.send(["x" * 16 * 1024] * 8)
        await eventually(lambda: routes["$default"].events)
        await client.send(["x" * 16 * 1024] * 9)
        assert await closed(client) == 1009
    assert [len(event["body"]) for event in routes["$default"].events] == [128 * 1024]


async def test_an_open_connection_does_not_keep_the_handshake_s_header_fields(
    application: Application, routes: dict[str, Recorder]
):
    async with application.running() as running, connect(running.ws_url):
        found = [each for each in gc.get_objects() if issubclass(type(each), GatewayProtocol)]
        accepted = [each for each in found if each.handshake_complete and not each.close_sent]
        kept = [each.request.headers or each.response.headers for each in accepted]
        assert kept
        assert not any(kept)


async def test_an_idle_connection_is_closed_and_a_used_one_is_not(
    application: Application, routes: dict[str, Recorder]
):
    application.limit(idle=0.3)
    async with application.running() as running, connect(running.ws_url) as client:
        for _ in range(4):
            await client.send("x")
            await asyncio.sleep(0.1)
        assert len(routes["$default"].events) == 4
        assert await closed(client) == 1001


async def test_a_connection_ends_with_its_lifetime_however_busy(
    application: Application, routes: dict[str, Recorder]
):
    application.limit(lifetime=0.2)
    async with application.running() as running, connect(running.ws_url) as client:
        await client.send("x")
        assert await closed(client) == 1001
        await eventually(lambda: routes["$disconnect"].events)


async def test_another_path_is_no_socket(application: Application):
    async with application.running() as running:
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://{running.address}/elsewhere")
    assert refused.value.response.status_code == 403


async def test_a_connection_has_a_few_frames_in_functions_and_others_pass_by(
    application: Application, routes: dict[str, Recorder]
):
    """The rest of what it sends stays unread."""
    inside, most, go_on = [0], [0], threading.Event()

    def slow(event: Event, context: Any) -> Event:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        go_on.wait(PATIENCE_SECONDS)
        inside[0] -= 1
        return {"statusCode": 200}

    application.socket["$default"] = slow
    async with (
        application.running() as running,
        connect(running.ws_url) as flooding,
        connect(running.ws_url) as other,
    ):
        for number in range(50):
            await flooding.send(f'{{"number": {number}}}')
        await eventually(lambda: inside[0] == FRAMES_AT_ONCE)
        await other.send('{"type": "ping"}')
        await eventually(lambda: len(routes["ping"].events) == 1)
        assert most[0] == FRAMES_AT_ONCE
        go_on.set()
        await eventually(lambda: inside[0] == 0)
        await flooding.send('{"type": "ping"}')
        await eventually(lambda: len(routes["ping"].events) == 2)
    assert most[0] == FRAMES_AT_ONCE


@pytest.mark.slow
async def test_a_strangers_frames_keep_their_places_for_a_while_and_ones_own_do_not(
    application: Application, routes: dict[str, Recorder]
):
    application.limit(stranger_pause=600.0)
    called_from = [{"x-forge-viewer": "203.0.113.7"}, {"x-forge-viewer": "127.0.0.1"}]
    async with (
        application.running() as running,
        connect(running.ws_url, additional_headers=called_from[0]) as stranger,
        connect(running.ws_url, additional_headers=called_from[1]) as own,
    ):
        for _ in range(50):
            await stranger.send('{"type": "ping"}')
        await eventually(lambda: len(routes["ping"].events) == FRAMES_AT_ONCE)
        for _ in range(50):
            await own.send("x")
        await eventually(lambda: len(routes["$default"].events) == 50)
        assert len(routes["ping"].events) == FRAMES_AT_ONCE

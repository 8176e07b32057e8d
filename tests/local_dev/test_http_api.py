from __future__ import annotations

import asyncio
import base64
import json
import threading
from typing import Any

import httpx
import pytest

from local_dev.template.declarations import Cors
from tests.local_dev.conftest import Application
from tests.patience import PATIENCE_SECONDS

CORS = Cors(["https://page.example"], ["GET", "POST"], ["content-type"], ["x-session-id"], 600, False)


def mirror(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return {"statusCode": 200, "body": json.dumps(event), "headers": {"Content-Type": "application/json"}}


async def request(application: Application, method: str, path: str, **options: Any) -> httpx.Response:
    async with (
        application.running() as running,
        httpx.AsyncClient(base_url=running.url, timeout=PATIENCE_SECONDS) as client,
    ):
        return await client.request(method, path, **options)


async def test_a_request_becomes_the_gateways_event(application: Application):
    application.http["POST /things/{name}"] = mirror
    response = await request(
        application,
        "POST",
        "/things/a%20b?x=1&x=2&y=%C3%A9",
        content='{"a": "é"}',
        headers=[
            ("X-Two", "1"),
            ("x-two", "2"),
            ("Cookie", "a=1; b=2"),
            ("Content-Type", "application/json"),
        ],
    )
    event = response.json()
    assert event["version"] == "2.0"
    assert event["routeKey"] == event["requestContext"]["routeKey"] == "POST /things/{name}"
    assert event["rawPath"] == "/things/a%20b"
    assert event["rawQueryString"] == "x=1&x=2&y=%C3%A9"
    assert event["queryStringParameters"] == {"x": "1,2", "y": "é"}
    assert event["pathParameters"] == {"name": "a b"}
    assert event["headers"]["x-two"] == "1,2"
    assert event["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in event["headers"]
    assert (event["body"], event["isBase64Encoded"]) == ('{"a": "é"}', False)
    http = event["requestContext"]["http"]
    assert (http["method"], http["path"], http["sourceIp"]) == ("POST", "/things/a%20b", "127.0.0.1")


async def test_a_binary_body_travels_in_base64_both_ways(application: Application):
    def double(event: dict[str, Any], context: Any) -> dict[str, Any]:
        assert event["isBase64Encoded"]
        body = base64.b64decode(event["body"]) * 2
        return {"statusCode": 201, "body": base64.b64encode(body).decode(), "isBase64Encoded": True}

    application.http["POST /double"] = double
    response = await request(
        application, "POST", "/double", content=b"\xff\x00", headers={"content-type": "image/png"}
    )
    assert (response.status_code, response.content) == (201, b"\xff\x00\xff\x00")


async def test_cookies_and_headers_of_the_answer_reach_the_client(application: Application):
    application.http["GET /set"] = lambda event, context: {
        "statusCode": 418,
        "headers": {"X-Session-Id": "s"},
        "cookies": ["a=1", "b=2"],
    }
    response = await request(application, "GET", "/set")
    assert response.status_code == 418
    assert response.headers["x-session-id"] == "s"
    assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]


async def test_an_answer_without_a_status_is_the_body_of_a_200(application: Application):
    application.http["GET /plain"] = lambda event, context: {"ok": True}
    response = await request(application, "GET", "/plain")
    assert (response.status_code, response.json()) == (200, {"ok": True})


@pytest.mark.parametrize("path", ["/nothing", "/things", "/../template.yaml"])
async def test_an_unknown_path_is_not_found(application: Application, path: str):
    application.http["POST /things"] = mirror
    response = await request(application, "GET", path)
    assert (response.status_code, response.json()) == (404, {"message": "Not Found"})


async def test_the_most_specific_route_wins(application: Application):
    for key in ("ANY /{proxy+}", "GET /a/{x}", "GET /a/b"):
        application.http[key] = mirror
    async with (
        application.running() as running,
        httpx.AsyncClient(base_url=running.url, timeout=PATIENCE_SECONDS) as client,
    ):
        keys = [(await client.get(path)).json()["routeKey"] for path in ("/a/b", "/a/c", "/a/c/d")]
    assert keys == ["GET /a/b", "GET /a/{x}", "ANY /{proxy+}"]


async def test_a_body_beyond_the_limit_is_refused(application: Application):
    application.http["POST /things"] = mirror
    application.limit(http_body=1000)
    response = await request(application, "POST", "/things", content=b"x" * 1001)
    assert (response.status_code, response.json()) == (413, {"message": "Request Entity Too Large"})


async def test_a_handler_that_takes_too_long_is_given_up(application: Application):
    released = threading.Event()
    application.http["GET /slow"] = lambda event, context: released.wait(PATIENCE_SECONDS)
    application.limit(integration=0.05)
    response = await request(application, "GET", "/slow")
    released.set()
    assert (response.status_code, response.json()) == (503, {"message": "Service Unavailable"})
    assert "timed out" in application.reports[0]


async def test_a_handler_that_raises_is_reported_and_shows_nothing(application: Application):
    def broken(event: dict[str, Any], context: Any) -> None:
        raise RuntimeError("a secret")

    application.http["GET /broken"] = broken
    response = await request(application, "GET", "/broken")
    assert (response.status_code, response.json()) == (500, {"message": "Internal Server Error"})
    assert application.reports == ["GET /broken failed: RuntimeError: a secret"]


async def test_handlers_run_at_the_same_time_and_know_their_time_left(application: Application):
    meeting = threading.Barrier(5, timeout=PATIENCE_SECONDS)

    def meet(event: dict[str, Any], context: Any) -> dict[str, Any]:
        meeting.wait()
        return {"left": context.get_remaining_time_in_millis(), "id": context.aws_request_id}

    application.http["GET /meet"] = meet
    async with (
        application.running() as running,
        httpx.AsyncClient(base_url=running.url, timeout=PATIENCE_SECONDS) as client,
    ):
        answers = await asyncio.gather(*(client.get("/meet") for _ in range(5)))
    assert len({answer.json()["id"] for answer in answers}) == 5
    assert all(0 < answer.json()["left"] <= 10_000 for answer in answers)


async def test_a_preflight_is_answered_without_a_function(application: Application):
    application.cors = CORS
    application.http["POST /things"] = mirror
    headers = {"Origin": "https://page.example", "Access-Control-Request-Method": "POST"}
    response = await request(application, "OPTIONS", "/things", headers=headers)
    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == "https://page.example"
    assert response.headers["access-control-allow-methods"] == "GET,POST"
    assert response.headers["access-control-max-age"] == "600"


async def test_the_gateways_cors_headers_replace_the_functions(application: Application):
    application.cors = CORS
    application.http["GET /things"] = lambda event, context: {
        "statusCode": 200,
        "headers": {"access-control-allow-origin": "*"},
    }
    async with (
        application.running() as running,
        httpx.AsyncClient(base_url=running.url, timeout=PATIENCE_SECONDS) as client,
    ):
        own = await client.get("/things", headers={"Origin": "https://page.example"})
        foreign = await client.get("/things", headers={"Origin": "https://evil.example"})
    assert own.headers["access-control-allow-origin"] == "https://page.example"
    assert own.headers["access-control-expose-headers"] == "x-session-id"
    assert "access-control-allow-origin" not in foreign.headers


async def test_an_asgi_function_streams(application: Application):
    continued = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first\n", "more_body": True})
        await continued.wait()
        await send({"type": "http.response.body", "body": b"second\n"})

    application.streams["GET /stream"] = app
    async with (
        application.running() as running,
        httpx.AsyncClient(base_url=running.url, timeout=PATIENCE_SECONDS) as client,
        client.stream("GET", "/stream") as response,
    ):
        lines = response.aiter_lines()
        assert await anext(lines) == "first"
        continued.set()
        assert await anext(lines) == "second"

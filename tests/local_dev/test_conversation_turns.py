"""Many requests of one conversation hold up no request of another one."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import httpx
import pytest

from local_dev.gateway.conversation_turns import LONGEST_TURN, ConversationTurns, conversation_of
from tests.local_dev.conftest import Application
from tests.patience import PATIENCE_SECONDS
from tests.virtual_loop import run_in_virtual_time


def asking(session_id: str | None) -> dict[str, Any]:
    return {"body": json.dumps({"session_id": session_id, "message": "hi"}), "isBase64Encoded": False}


def begun_by(*requests: tuple[str | None, float]) -> list[tuple[str | None, float]]:
    """Requests of these conversations arrive at once, and each takes so many seconds; when each of them began."""
    begun: list[tuple[str | None, float]] = []

    async def scene() -> None:
        loop, turns = asyncio.get_running_loop(), ConversationTurns()
        arrived = loop.time()

        async def one(session_id: str | None, seconds: float) -> None:
            async with turns.turn(asking(session_id)):
                begun.append((session_id, round(loop.time() - arrived, 3)))
                await asyncio.sleep(seconds)

        await asyncio.gather(*(one(*request) for request in requests))
        assert turns._lines == {}

    run_in_virtual_time(scene)
    return begun


def test_requests_of_one_conversation_begin_one_after_the_other_and_those_of_another_at_once():
    short = 0.01
    assert begun_by(("a", short), ("a", short), ("a", short), ("b", short)) == [
        ("a", 0),
        ("b", 0),
        ("a", 0.01),
        ("a", 0.02),
    ]


def test_a_request_that_waits_for_something_delays_its_conversation_for_a_moment_only():
    assert begun_by(("a", 20), ("a", 20)) == [("a", 0), ("a", LONGEST_TURN)]


def test_requests_that_name_no_conversation_do_not_wait_for_one_another():
    assert begun_by((None, 1), (None, 1)) == [(None, 0), (None, 0)]


@pytest.mark.parametrize(
    ("event", "name"),
    [
        ({"pathParameters": {"session_id": "s"}}, "s"),
        ({"queryStringParameters": {"session_id": "s"}}, "s"),
        ({"body": '{"session_id": "s"}'}, "s"),
        ({"body": '{"session_id": 5}'}, ""),
        ({"body": '["session_id"]'}, ""),
        ({"body": '{"session_id": '}, ""),
        ({"body": '{"session_id": ' + "[" * 100_000}, ""),
        ({"body": '{"session_id": "s", "message": "' + "x" * 200_000 + '"}'}, ""),
        ({"body": "InNlc3Npb25faWQi", "isBase64Encoded": True}, ""),
        ({}, ""),
    ],
)
def test_a_request_s_conversation_is_found_wherever_an_endpoint_expects_it(event: dict[str, Any], name: str):
    assert conversation_of({"isBase64Encoded": False, **event}) == name


async def test_the_gateway_answers_another_conversation_while_requests_of_one_wait(
    application: Application, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("local_dev.gateway.conversation_turns.LONGEST_TURN", 3_600.0)
    monkeypatch.setattr("worker.runs.staggered_starts.LONGEST_WAIT", 3_600.0)
    begun, first, go_on = list[str](), threading.Event(), threading.Event()

    def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        begun.append(json.loads(event["body"])["session_id"])
        if begun == ["a"]:
            first.set()
            go_on.wait(PATIENCE_SECONDS)
        return {"statusCode": 200}

    application.http["POST /things"] = handler
    async with (
        application.running() as running,
        httpx.AsyncClient(base_url=running.url, timeout=PATIENCE_SECONDS) as client,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(client.post("/things", json={"session_id": "a"}))
        await asyncio.to_thread(first.wait, PATIENCE_SECONDS)
        group.create_task(client.post("/things", json={"session_id": "a"}))
        await client.post("/things", json={"session_id": "b"})
        assert begun == ["a", "b"]
        go_on.set()
    assert begun == ["a", "b", "a"]

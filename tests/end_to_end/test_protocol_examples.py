"""Every example of docs/protocol.md, replayed: the requests are sent unchanged, and the frames are caused."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
from typing import Any

import httpx
import pytest

from local_dev.repository import ROOT
from local_dev.stack_process import RunningStack
from tests.end_to_end.conversing import Socket, Web, socket
from tests.end_to_end.marks import END_TO_END
from tests.patience import PATIENCE_SECONDS

pytestmark = END_TO_END

DOCUMENT = (ROOT / "docs" / "protocol.md").read_text()
SESSION = "protocol-example"
VOLATILE = {
    "created_at",
    "expires_at",
    "generation",
    "last_activity_at",
    "notices",
    "rev",
    "run_id",
    "started_at",
    "timestamp",
}
"""Ids, times and what the operator should know differ from case to case."""

BLOCKS = re.findall(r"```(http|json status=\d+ model=\w+)\n(.*?)```", DOCUMENT, re.DOTALL)
FRAMES = re.findall(r"```json frame=(\w+) from=(client|server)\n(.*?)```", DOCUMENT, re.DOTALL)


def settled(value: Any) -> Any:
    """`value` with the volatile fields reduced to their types."""
    if isinstance(value, dict):
        return {
            name: type(each).__name__ if name in VOLATILE else settled(each) for name, each in value.items()
        }
    return [settled(each) for each in value] if isinstance(value, list) else value


def examples() -> list[tuple[str, int | None, Any]]:
    """Each request with the status and the body that the page shows for it, if it shows them."""
    found: list[tuple[str, int | None, Any]] = []
    for kind, text in BLOCKS:
        if kind == "http":
            found.append((text, None, None))
        else:
            request, status = found[-1][0], int(kind.split("status=")[1].split()[0])
            found[-1] = (request, status, json.loads(text))
    return found


async def sent(client: httpx.AsyncClient, request: str) -> httpx.Response:
    head, _, body = request.partition("\n\n")
    first, *lines = head.strip().splitlines()
    method, path = first.split()
    headers = dict(line.split(": ", 1) for line in lines)
    async with client.stream(method, path, headers=headers, content=body.strip()) as response:
        if not response.headers["content-type"].startswith("text/event-stream"):
            await response.aread()
    return response


async def ended(web: Web) -> None:
    if (await web.state(SESSION))["is_processing"]:
        await web.ended(SESSION)


async def test_the_requests_are_answered_as_the_page_says(operator_stack: RunningStack) -> None:
    async with httpx.AsyncClient(
        base_url=operator_stack.base_url, trust_env=False, timeout=PATIENCE_SECONDS
    ) as client:
        web = Web(client)
        assert len(examples()) >= 9
        for request, status, body in examples():
            await ended(web)
            response = await sent(client, request)
            assert response.status_code == (status or response.status_code), request
            assert response.is_success or status, (request, response.status_code)
            if body is not None:
                assert settled(response.json()) == settled(body), request


def keys(value: Any) -> Any:
    """The fields of a frame and, of a `state`, those of its messages."""
    messages = value.get("messages", [])
    return sorted(value), sorted(messages[0]) if messages else None


@pytest.fixture
def shown() -> dict[str, list[Any]]:
    """The server's frames of the page by their type."""
    frames: dict[str, list[Any]] = {}
    for kind, sender, text in FRAMES:
        if sender == "server":
            frames.setdefault(kind, []).append(json.loads(text))
    return frames


async def test_the_frames_are_those_of_the_page(
    operator_stack: RunningStack, shown: dict[str, list[Any]]
) -> None:
    session_id = "protocol-frames"
    async with (
        httpx.AsyncClient(
            base_url=operator_stack.base_url, trust_env=False, timeout=PATIENCE_SECONDS
        ) as client,
        socket(operator_stack.ws_url, session_id) as follower,
    ):
        await provoke(client, follower, session_id)
    seen = {kind: [frame for frame in follower.frames if frame["type"] == kind] for kind in shown}
    assert {frame["type"] for frame in follower.frames} == set(shown)
    for kind, frames in shown.items():
        assert {str(keys(frame)) for frame in frames} <= {str(keys(frame)) for frame in seen[kind]}, kind
    assert settled(shown["error"][0]) in map(settled, seen["error"])
    streamed = "".join(frame["text"] for frame in seen["text"] if frame["seq"] == 1)
    whole = "".join(frame["text"] for frame in shown["text"])
    # What is still to be streamed when the text is whole comes with its message.
    logged = [message for frame in seen["state"] for message in frame["messages"] if message["seq"] == 1]
    assert streamed
    assert whole.startswith(streamed)
    assert logged[0]["content"] == whole


async def provoke(client: httpx.AsyncClient, follower: Socket, session_id: str) -> None:
    """Send the page's client frames, and make the server send each of its own."""
    web = Web(client)
    for _, sender, text in FRAMES:
        if sender == "client":
            await follower.send(text.replace(SESSION, session_id))
            await follower.next()
    await web.chat("balance of Bob", session_id)
    await follower.until(lambda frame: frame["type"] == "state" and frame["message_count"] == 5)
    await follower.send({"type": "dance"})
    await follower.until(lambda frame: frame["type"] == "error")
    await client.delete(f"/api/sessions/{session_id}")
    await follower.until(lambda frame: frame["type"] == "session_expired")


async def test_the_readmes_request_is_answered(operator_stack: RunningStack) -> None:
    """The command is run as it stands there, and its output holds the answer."""
    (command,) = re.findall(r"^curl .*$", (ROOT / "README.md").read_text(), re.MULTILINE)
    words = [word.replace("http://127.0.0.1:8080", operator_stack.base_url) for word in shlex.split(command)]
    curl = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    output, _ = await curl.communicate()
    assert json.loads(output)["messages"][-1]["content"].startswith("Alice has ")

"""A client's invalid input is answered with what is wrong; it is never a 5xx, and no log repeats it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from local_dev.stack_process import RunningStack
from tests.end_to_end.conversing import Socket, Web, new_id, say, socket
from tests.end_to_end.marks import END_TO_END

pytestmark = END_TO_END

SECRET = "canary-5e3f"
"""Part of everything that is sent here. No log may hold it."""
LONG_ID = "i" * 129


@dataclass(frozen=True)
class Bad:
    """A request and the status it deserves."""

    status: int
    method: str
    path: str
    json: Any = None
    content: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])

    def __str__(self) -> str:
        sent = self.content[:30] if self.content else str(self.json)[:50]
        return f"{self.method} {self.path[:40]} {sent}"


def chat(status: int, **body: Any) -> Bad:
    return Bad(status, "POST", "/api/chat", {"message": SECRET, **body})


def raw(status: int, content: bytes, kind: str = "application/json") -> Bad:
    return Bad(status, "POST", "/api/chat", content=content, headers={"content-type": kind})


BAD_REQUESTS = [
    Bad(422, "POST", "/api/chat", {}),
    Bad(422, "POST", "/api/chat", {"text": SECRET}),
    Bad(422, "POST", "/api/chat", [SECRET]),
    Bad(422, "POST", "/api/chat", SECRET),
    chat(422, message=5),
    chat(422, message=None),
    chat(422, message={"text": SECRET}),
    chat(422, message=""),
    chat(422, message=" \n "),
    chat(422, message=SECRET * 2000),
    chat(422, session_id=5),
    chat(422, session_id=""),
    chat(422, session_id=f"{SECRET} {SECRET}"),
    chat(422, session_id=f"../{SECRET}"),
    chat(422, session_id="ünï"),
    chat(422, session_id=LONG_ID),
    chat(422, session_id=f"{SECRET}\n"),
    chat(422, if_busy=SECRET),
    raw(400, f'{{"message": "{SECRET}'.encode()),
    raw(400, b"\xff\xfe" + SECRET.encode()),
    raw(400, f'{{"message": "{SECRET} \\ud800"}}'.encode()),
    raw(400, b"[" * 100_000),
    raw(415, SECRET.encode(), "text/plain"),
    raw(415, f"message={SECRET}".encode(), "application/x-www-form-urlencoded"),
    raw(413, b'{"message": "' + SECRET.encode() * 100_000 + b'"}'),
    raw(422, b""),
    Bad(422, "POST", "/api/system", {"message": SECRET, "approval": {"approval_id": SECRET}}),
    Bad(422, "POST", "/api/system", {"session_id": "s"}),
    Bad(422, "POST", "/api/interrupt", {"session_id": f"{SECRET}/{SECRET}"}),
    Bad(422, "POST", "/api/interrupt", {"session_id": "s", "run_id": SECRET}),
    Bad(422, "POST", "/api/mcp-command", {"args": {"network": SECRET}}),
    Bad(422, "POST", "/api/mcp-command", {"command": 7}),
    Bad(422, "POST", "/api/mcp-command", {"command": "set_network", "args": [SECRET]}),
    Bad(422, "POST", "/api/mcp-command", {"command": "set_network", "args": {"network": 5}}),
    Bad(422, "POST", "/api/mcp-command", {"command": "set_network", "args": {}}),
    Bad(422, "POST", "/api/mcp-command", {"command": "call_tool", "args": {"arguments": SECRET}}),
    Bad(422, "GET", f"/api/state?session_id={SECRET}%20{SECRET}"),
    Bad(422, "GET", f"/api/state?session_id={LONG_ID}"),
    Bad(422, "GET", f"/api/chat/stream?session_id={SECRET}%00"),
    Bad(400, "GET", f"/api/sessions?ids={SECRET}%20x"),
    Bad(422, "PATCH", "/api/sessions/s", {"title": ""}),
    Bad(422, "PATCH", "/api/sessions/s", {"title": SECRET * 20}),
    Bad(404, "PATCH", "/api/sessions/unknown", {"title": SECRET}),
    Bad(404, "DELETE", "/api/sessions/unknown"),
    Bad(422, "DELETE", f"/api/sessions/{SECRET}%20x"),
]

WRONG_WAYS = [
    Bad(404, "GET", "/api/nothing"),
    Bad(404, "POST", "/api/chat/nothing", {"message": SECRET}),
    Bad(404, "GET", "/api/chat"),
    Bad(404, "PUT", "/api/chat", {"message": SECRET}),
    Bad(404, "DELETE", "/health"),
    Bad(404, "GET", "/../template.yaml"),
    Bad(404, "GET", "/%2e%2e/template.yaml"),
]

BAD_FRAMES: list[str | bytes] = [
    SECRET,
    "[]",
    '"ping"',
    "{}",
    f'{{"type": "{SECRET}"}}',
    '{"type": null}',
    '{"type": {"a": 1}}',
    f'{{"action": "sync", "session_id": "{SECRET}"}}',
    f'{{"type": "sync", "have": "{SECRET}"}}',
    '{"type": "sync", "have": {"messages": -1}}',
    '{"type": "sync", "have": {"generation": "x"}}',
    f'{{"type": "sync", "session_id": "{SECRET}"}}',
    f'{{"type": "sync", "have": {{"seq": "{SECRET}"}}}}',
    f'{{"type": "auth", "token": ["{SECRET}"]}}',
    '{"type": "state", "messages": []}',
    '{"type": "sync"',
]


async def sent(web: Web, bad: Bad) -> Any:
    return await web.client.request(
        bad.method, bad.path, json=bad.json, content=bad.content, headers=bad.headers
    )


@pytest.mark.parametrize("bad", BAD_REQUESTS, ids=str)
async def test_a_bad_request_is_answered_with_a_problem_document(web: Web, bad: Bad) -> None:
    response = await sent(web, bad)
    assert response.status_code == bad.status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == bad.status
    assert problem["title"]
    assert len(problem["detail"]) > 10
    assert SECRET not in response.text
    assert "Traceback" not in response.text


@pytest.mark.parametrize("wrong", WRONG_WAYS, ids=str)
async def test_a_path_or_method_that_is_not_there_is_not_found(web: Web, wrong: Bad) -> None:
    response = await sent(web, wrong)
    assert response.status_code == wrong.status, response.text
    assert "AWSTemplateFormatVersion" not in response.text


@pytest.mark.parametrize("frame", BAD_FRAMES, ids=str)
async def test_a_bad_frame_is_answered_with_an_error_frame_and_the_connection_lives(
    stack: RunningStack, frame: str
) -> None:
    async with socket(stack.ws_url, new_id()) as follower:
        await _refused(follower, frame)
        await follower.send({"type": "ping"})
        assert (await follower.next())["type"] == "pong"


async def _refused(follower: Socket, frame: str | bytes) -> None:
    await follower.send(frame)
    answer = await follower.next()
    assert answer["type"] == "error", answer
    assert answer["status"] == 400
    assert len(answer["detail"]) > 10
    assert SECRET not in str(answer)


async def test_a_binary_frame_does_no_harm(stack: RunningStack) -> None:
    async with socket(stack.ws_url, new_id()) as follower:
        await follower.send(b"\x00\xff" + SECRET.encode())
        await follower.send({"type": "ping"})
        await follower.until(lambda frame: frame["type"] == "pong")


async def test_an_oversized_frame_closes_the_connection_and_the_session_lives(
    stack: RunningStack, web: Web
) -> None:
    session_id = new_id()
    await web.answered(say("before"), session_id)
    async with socket(stack.ws_url, session_id) as follower:
        await follower.send({"type": "sync", "more": "x" * 200_000})
        assert await follower.until_closed() == 1009
    assert len((await web.state(session_id))["messages"]) == 2


@pytest.mark.parametrize("session_id", ["", f"{SECRET}%20x", LONG_ID, "%00"])
async def test_a_socket_without_a_valid_session_id_is_refused(stack: RunningStack, session_id: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with socket(stack.ws_url, session_id):
            pass
    assert refused.value.response.status_code == 400


async def test_no_log_repeats_what_was_sent(stack: RunningStack, web: Web) -> None:
    for bad in (*BAD_REQUESTS, *WRONG_WAYS):
        await sent(web, bad)
    session_id = f"{SECRET}-session"
    for (
        frame
    ) in BAD_FRAMES:  # on connections of their own, because one that sends too many of them is not answered
        async with socket(stack.ws_url, session_id) as follower:
            await _refused(follower, frame)
    spoken = f"{SECRET}-spoken"
    await web.answered(say(spoken), session_id)
    await web.answered(spoken, session_id)
    await web.command("call_tool", {"name": "balance", "arguments": {"who": spoken}}, session_id)
    written = {name: stack.log(name) for name in ("functions", "stderr", *stack.processes())}
    assert all(written[name] for name in ("functions", "worker-1"))
    for name, log in written.items():
        found = [line for line in log.splitlines() if SECRET in line.replace(session_id, "")]
        assert found == [], name
        assert '"level":"ERROR"' not in log, name

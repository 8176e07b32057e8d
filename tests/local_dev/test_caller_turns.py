"""Only a few requests of one caller are in progress at once; others are served in between, and a request whose
answer has begun holds no turn.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from local_dev.gateway.caller_turns import IN_PROGRESS, REFUSALS, WAITING, Turns
from tests.patience import PATIENCE_SECONDS

ONE, OTHER, NEIGHBOUR, OWN = "203.0.113.7", "198.51.100.7", "203.0.113.200", "127.0.0.1"


@dataclass
class Slow:
    """Begins an answer when it is told to, and ends it when it is told to."""

    begin: asyncio.Event = field(default_factory=asyncio.Event)
    end: asyncio.Event = field(default_factory=asyncio.Event)
    status: int = 200
    inside: int = 0
    most: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.inside += 1
        self.most = max(self.most, self.inside)
        await self.begin.wait()
        self.inside -= 1
        if scope["type"] == "websocket" and self.status == 200:
            await send({"type": "websocket.accept"})
        else:
            kind = "http.response.start" if scope["type"] == "http" else "websocket.http.response.start"
            await send({"type": kind, "status": self.status, "headers": []})
        await self.end.wait()


@dataclass
class Pauses:
    """The pauses after refusals, which end when it is told to."""

    end: asyncio.Event = field(default_factory=asyncio.Event)
    begun: int = 0

    async def __call__(self) -> None:
        self.begun += 1
        await self.end.wait()


async def call(turns: Turns, viewer: str, kind: str = "http") -> int:
    """The answer's status, when it has begun."""
    begun: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    scope = {"type": kind, "method": "GET", "headers": [(b"x-forge-viewer", viewer.encode())]}

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        if not begun.done():
            begun.set_result(message.get("status", 200))

    running.append(asyncio.ensure_future(turns(scope, receive, send)))
    return await asyncio.wait_for(begun, PATIENCE_SECONDS)


running: list[asyncio.Future[Any]] = []


async def until(slow: Slow, inside: int) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while slow.inside < inside:  # noqa: ASYNC110  the application has no event for it
            await asyncio.sleep(0)
    for _ in range(20):
        await asyncio.sleep(0)
    assert slow.inside == inside


async def over(slow: Slow) -> None:
    slow.begin.set()
    slow.end.set()
    await asyncio.wait_for(asyncio.gather(*running), PATIENCE_SECONDS)
    running.clear()


@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_a_caller_has_a_few_requests_in_progress_and_others_pass_by(kind: str) -> None:
    slow = Slow()
    turns = Turns(slow)
    many = [asyncio.ensure_future(call(turns, viewer, kind)) for viewer in (ONE, NEIGHBOUR) * 20]
    await until(slow, IN_PROGRESS)
    others = [asyncio.ensure_future(call(turns, each, kind)) for each in (OTHER, *[OWN] * 20)]
    await until(slow, IN_PROGRESS + 21)
    slow.begin.set()
    assert set(await asyncio.gather(*many, *others)) == {200}
    assert slow.most == IN_PROGRESS + 21
    await over(slow)


async def test_what_has_begun_to_be_answered_takes_no_turn() -> None:
    slow = Slow()
    turns = Turns(slow)
    slow.begin.set()
    assert {await call(turns, ONE) for _ in range(3 * IN_PROGRESS)} == {200}
    await over(slow)


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize("status", sorted(REFUSALS))
async def test_who_was_refused_keeps_the_turn_and_others_pass_by(kind: str, status: int) -> None:
    slow, pauses = Slow(status=status), Pauses()
    turns = Turns(slow, pauses)
    slow.begin.set()
    first = [asyncio.ensure_future(call(turns, ONE, kind)) for _ in range(3 * IN_PROGRESS)]
    async with asyncio.timeout(PATIENCE_SECONDS):
        while pauses.begun < IN_PROGRESS:  # noqa: ASYNC110  the pauses have no event for it
            await asyncio.sleep(0)
    assert {await call(turns, OTHER, kind) for _ in range(IN_PROGRESS)} == {status}
    assert [each.done() for each in first].count(True) == IN_PROGRESS
    pauses.end.set()
    assert set(await asyncio.gather(*first)) == {status}
    await over(slow)


async def test_this_computers_own_user_waits_for_no_refusal() -> None:
    slow, pauses = Slow(status=429), Pauses()
    turns = Turns(slow, pauses)
    slow.begin.set()
    assert {await call(turns, OWN) for _ in range(3 * IN_PROGRESS)} == {429}
    assert pauses.begun == 0
    await over(slow)


async def test_who_is_beyond_the_line_is_refused_late_and_the_line_goes_on() -> None:
    slow, pauses = Slow(), Pauses()
    turns = Turns(slow, pauses)
    calls = [asyncio.ensure_future(call(turns, ONE)) for _ in range(IN_PROGRESS + WAITING)]
    await until(slow, IN_PROGRESS)
    beyond = [asyncio.ensure_future(each) for each in (call(turns, NEIGHBOUR), call(turns, ONE, "websocket"))]
    async with asyncio.timeout(PATIENCE_SECONDS):
        while pauses.begun < len(beyond):  # noqa: ASYNC110  the pauses have no event for it
            await asyncio.sleep(0)
    assert not any(each.done() for each in beyond)
    pauses.end.set()
    assert await asyncio.gather(*beyond) == [429, 429]
    slow.begin.set()
    assert set(await asyncio.gather(*calls)) == {200}
    await over(slow)
    slow.begin.clear()
    again = asyncio.ensure_future(call(turns, ONE))
    await until(slow, 1)
    await over(slow)
    assert await again == 200


async def test_a_request_that_breaks_off_or_is_given_up_leaves_its_turn() -> None:
    slow = Slow()
    turns = Turns(slow)
    calls = [asyncio.ensure_future(call(turns, ONE)) for _ in range(3 * IN_PROGRESS)]
    await until(slow, IN_PROGRESS)
    for each in running:
        each.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    for each in calls:
        each.cancel()
    running.clear()
    slow.inside = 0
    last = asyncio.ensure_future(call(turns, ONE))
    await until(slow, 1)
    await over(slow)
    assert await last == 200

"""What the tests of the full-screen chat share: starting it, waiting for it, reading it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from textual.geometry import Region
from textual.pilot import Pilot
from textual.widgets import Static

from forge_client import Pace
from forge_client.terminal.app import ChatApp
from forge_client.terminal.bubbles import AgentBubble
from forge_client.terminal.composer import Composer
from forge_client.terminal.remembered import RememberedSessions
from tests.fake_server.server import FakeServer
from tests.fake_server.session import SimulatedSession
from tests.forge_client.conftest import QUICK
from tests.patience import PATIENCE_SECONDS

Chatting = Pilot[None]


@asynccontextmanager
async def chatting(
    url: str,
    remembered: RememberedSessions,
    session_id: str | None = "mine",
    size: tuple[int, int] = (110, 40),
    pace: Pace = QUICK,
) -> AsyncGenerator[Chatting]:
    app = ChatApp(url, session_id, remembered=remembered, pace=pace)
    async with app.run_test(size=size) as pilot:
        yield pilot


async def until(pilot: Chatting, condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():
            await pilot.pause(0.01)


def texts(pilot: Chatting, kind: type[Static]) -> list[str]:
    return [str(widget.render()) for widget in pilot.app.screen.query(kind)]


def told(pilot: Chatting) -> list[str]:
    """Return the notifications on the screen."""
    return [each.message for each in pilot.app._notifications]


def answers(pilot: Chatting) -> list[str]:
    return [bubble.source for bubble in pilot.app.screen.query(AgentBubble)]


async def type_in(pilot: Chatting, text: str) -> None:
    pilot.app.screen.query_one(Composer).text = text
    await pilot.press("enter")


async def click(pilot: Chatting, target: str) -> None:
    """Where it stands once everything has come to rest: lines that appear or go meanwhile move it away from under the
    mouse. A click beside it does nothing and is tried again.
    """
    screen = pilot.app.screen
    seen: list[Region] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(seen) < 3 or len(set(seen[-3:])) > 1 or not seen[-1].height:
            await pilot.pause()
            seen.append(screen.query_one(target).region)
        while not await pilot.click(target):
            await pilot.pause(0.01)


def running(server: FakeServer, content: str = "go") -> SimulatedSession:
    session = server.session("mine")
    session.accept(content)
    session.claim()
    return session

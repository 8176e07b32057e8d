"""A stand-in for `@connections` that records what each connection gets and builds the client's conversation from it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from forge_client.conversation import Conversation
from forge_client.frames import SERVER_FRAME, StateFrame, TextFrame
from forge_client.reduce import apply
from tests.patience import PATIENCE_SECONDS


@dataclass
class Page:
    """One open WebSocket as its client sees it."""

    frames: list[StateFrame | TextFrame] = field(default_factory=list[StateFrame | TextFrame])
    sizes: list[int] = field(default_factory=list[int])
    conversation: Conversation = field(default_factory=Conversation)
    is_gone: bool = False
    refused_as_gone: int = 0
    refusals: int = 0
    """How many of the next posts are throttled."""
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def __post_init__(self) -> None:
        self.gate.set()

    async def until(self, condition: Callable[[Conversation], bool]) -> Conversation:
        async with asyncio.timeout(PATIENCE_SECONDS), self.changed:
            await self.changed.wait_for(lambda: condition(self.conversation))
        return self.conversation

    async def ended(self, run_id: str) -> Conversation:
        return await self.until(lambda known: bool(known.hot and run_id in known.hot.outcomes))

    async def says(self, text: str) -> Conversation:
        """Until some message, streaming ones included, contains `text`."""
        return await self.until(lambda known: any(text in message.content for message in known.messages))

    async def refuse_as_gone(self) -> None:
        async with self.changed:
            self.refused_as_gone += 1
            self.changed.notify_all()

    async def take(self, body: bytes) -> None:
        frame = SERVER_FRAME.validate_json(body)
        assert isinstance(frame, StateFrame | TextFrame)
        async with self.changed:
            self.frames.append(frame)
            self.sizes.append(len(body))
            self.conversation = apply(self.conversation, frame)
            self.changed.notify_all()


class Gateway:
    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.url = ""

    def page(self, connection_id: str) -> Page:
        return self.pages.setdefault(connection_id, Page())

    async def post(self, request: web.Request) -> web.Response:
        page = self.page(request.match_info["connection_id"])
        body = await request.read()
        if "authorization" not in request.headers:
            return web.Response(status=403)
        if page.is_gone:
            await page.refuse_as_gone()
            return web.Response(status=410)
        if page.refusals:
            page.refusals -= 1
            return web.Response(status=429)
        await page.gate.wait()
        await page.take(body)
        return web.Response()


@asynccontextmanager
async def running_gateway() -> AsyncGenerator[Gateway]:
    gateway = Gateway()
    app = web.Application()
    app.router.add_post("/ws/@connections/{connection_id}", gateway.post)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    gateway.url = f"http://127.0.0.1:{port}/ws"
    try:
        yield gateway
    finally:
        for page in gateway.pages.values():
            page.gate.set()
        await runner.cleanup()

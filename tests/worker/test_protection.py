"""ECS scale-in protection, against a local stand-in for the container agent."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
from aiohttp import web

from worker.protection import PROTECTED_MINUTES, Protection

LOOK_SECONDS = 0.01


async def test_a_task_is_protected_while_runs_live_even_when_the_agent_refuses_at_first() -> None:
    asked: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    statuses = [500, 200, 200]

    async def answer(request: web.Request) -> web.Response:
        asked.put_nowait(await request.json())
        return web.Response(status=statuses.pop(0))

    app = web.Application()
    app.router.add_put("/task-protection/v1/state", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    runs = ["one"]
    async with aiohttp.ClientSession() as http, asyncio.timeout(10):
        protection = Protection(http, f"http://127.0.0.1:{runner.addresses[0][1]}")
        keeping = asyncio.create_task(protection.keep(lambda: bool(runs), LOOK_SECONDS))
        protected = {"ProtectionEnabled": True, "ExpiresInMinutes": PROTECTED_MINUTES}
        assert await asked.get() == protected  # refused, so asked again
        assert await asked.get() == protected
        runs.clear()
        assert await asked.get() == {"ProtectionEnabled": False}
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
    await runner.cleanup()
    assert asked.empty()

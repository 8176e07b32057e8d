"""A local HTTP server in place of an LLM provider: it answers each request with the next of the given replies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.worker_llm.strict import refusal

Reply = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class ProviderServer:
    url: str = ""
    replies: list[Reply] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    """Path, headers in lower case, and body of each request."""

    is_strict: bool = False
    """Refuses what the real provider of the path would, in its words, before any of the replies."""
    refusals: list[str] = field(default_factory=list[str])

    async def answer(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = json.loads(await request.read() or b"{}")
        self.requests.append((request.path, headers, body))
        if self.is_strict and (words := refusal(request.path, body)):
            self.refusals.append(words)
            return web.json_response(
                {"error": {"message": words, "type": "invalid_request_error"}}, status=400
            )
        return await self.replies.pop(0)(request)


@asynccontextmanager
async def provider_server() -> AsyncGenerator[ProviderServer]:
    server = ProviderServer()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        server.url = f"http://{host}:{port}"
        yield server
    finally:
        await runner.cleanup()


def json_reply(body: object) -> Reply:
    return error(200, body)


def error(status: int, body: object, headers: dict[str, str] | None = None) -> Reply:
    async def reply(_: web.Request) -> web.Response:
        return web.json_response(body, status=status, headers=headers)

    return reply


def stream(chunks: Iterable[bytes], content_type: str = "text/event-stream", *, cut: bool = False) -> Reply:
    """The chunks one after the other; with `cut` the connection then breaks without the stream's end."""

    async def reply(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": content_type})
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
        if cut:
            assert request.transport is not None
            request.transport.abort()
        else:
            await response.write_eof()
        return response

    return reply


def silence(released: asyncio.Event) -> Reply:
    """A reply that does not come before `released` is set."""

    async def reply(_: web.Request) -> web.Response:
        await released.wait()
        return web.Response(status=500)

    return reply


def sse(event: dict[str, Any], *, named: bool) -> bytes:
    name = f"event: {event['type']}\n" if named else ""
    return f"{name}data: {json.dumps(event)}\n\n".encode()

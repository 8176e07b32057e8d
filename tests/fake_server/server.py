"""The fake server: HTTP, SSE and WebSockets over simulated sessions."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from aiohttp import web

from forge.models.frame import CLIENT_FRAME, PongFrame, SyncFrame
from tests.fake_server.http_routes import HttpRoutes
from tests.fake_server.session import SimulatedSession
from tests.fake_server.sessions import Sessions
from tests.patience import PATIENCE_SECONDS

LATE_SECONDS = 0.03
Served = TypeVar("Served", bound="FakeServer")


def _never(_frame: str) -> bool:
    return False


@dataclass
class Breakage:
    """What is broken now. `socket_status`: WebSockets are refused with it. `is_mute`: nothing is said any more.
    `drops`, `doubles`, `delays`: which frames that the server pushes get lost, come twice, or late.
    """

    socket_status: int | None = None
    is_mute: bool = False
    drops: Callable[[str], bool] = _never
    doubles: Callable[[str], bool] = _never
    delays: Callable[[str], bool] = _never


class FakeServer:
    """`dials` and `heard` tell what came by WebSocket, `api.requests` what came by HTTP."""

    def __init__(self) -> None:
        self.base_url = ""
        self.sockets: dict[str, set[web.WebSocketResponse]] = defaultdict(set)
        self.sessions = Sessions(lambda session_id, frame: self._outbox.put_nowait((session_id, frame)))
        self.api = HttpRoutes(self.sessions, self.told)
        self._changed = asyncio.Condition()
        self._outbox: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self.begin()

    def begin(self) -> None:
        self.broken = Breakage()
        self.alters: Callable[[Any], None] | None = None
        """Makes each frame and State that of another version, or of a hostile server."""
        self.dials: list[str] = []
        self.heard: list[str] = []
        self.streams: list[str] = []
        self.api.begin()

    async def reset(self) -> None:
        """As new, for the next test; the port stays."""
        for session in self.sessions.values():
            session.push = lambda frame: None
            session.expire()
        self.sessions.clear()
        await self.cut()
        self.begin()

    def session(self, session_id: str) -> SimulatedSession:
        return self.sessions[session_id]

    def told(self, text: str) -> str:
        if self.alters is None:
            return text
        altered = json.loads(text)
        self.alters(altered)
        return json.dumps(altered)

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something that came in makes `condition` true."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._changed:
            await self._changed.wait_for(lambda: bool(condition()))

    async def cut(self) -> None:
        """Close all sockets, as API Gateway does after two hours."""
        sockets = [socket for each in self.sockets.values() for socket in each]
        self.sockets.clear()
        for socket in sockets:
            await socket.close(code=1001)

    async def tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def pump(self) -> None:
        while True:
            session_id, frame = await self._outbox.get()
            await self.tell()
            if self.broken.is_mute or self.broken.drops(frame):
                continue
            if self.broken.delays(frame):
                await asyncio.sleep(LATE_SECONDS)
            for socket in list(self.sockets[session_id]):
                await self._send(socket, *[frame] * (2 if self.broken.doubles(frame) else 1))

    def routes(self) -> list[web.AbstractRouteDef]:
        live = [web.get("/api/chat/stream", self._stream), web.get("/ws", self._socket)]
        return [*live, *self.api.routes()]

    async def _send(self, socket: web.WebSocketResponse, *frames: str) -> None:
        with contextlib.suppress(ConnectionError):
            for frame in frames:
                await socket.send_str(self.told(frame))

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        self.dials.append(str(request.url))
        await self.tell()
        if self.broken.socket_status is not None:
            return web.Response(status=self.broken.socket_status)
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        session_id = request.query["session_id"]
        self.sockets[session_id].add(socket)
        try:
            async for message in socket:
                await self._hear(socket, self.session(session_id), message.data)
        finally:
            self.sockets[session_id].discard(socket)
        return socket

    async def _hear(self, socket: web.WebSocketResponse, session: SimulatedSession, raw: str) -> None:
        self.heard.append(raw)
        await self.tell()
        if self.broken.is_mute:
            return
        frame = CLIENT_FRAME.validate_json(raw)
        if isinstance(frame, SyncFrame):
            await self._send(socket, *session.sync(frame.have, frame.newest))
        else:
            await self._send(socket, PongFrame(rev=session.rev).model_dump_json())

    async def _stream(self, request: web.Request) -> NoReturn:
        session = self.session(request.query["session_id"])
        self.streams.append(session.key.session_id)
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        sent = ""
        while True:
            if session.flushed != session.text:
                session.flush()
            state = self.told(session.state().model_dump_json())
            event = f"id: {session.rev}\ndata: {state}\n\n" if state != sent else ": heartbeat\n\n"
            await response.write(event.encode())
            sent = state
            async with self._changed:
                await self._changed.wait()


@contextlib.asynccontextmanager
async def serving(server: Served, port: int = 0) -> AsyncGenerator[Served]:
    app = web.Application()
    app.add_routes(server.routes())
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    server.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    pumped = asyncio.create_task(server.pump(), name="pump of the fake server")
    try:
        yield server
    finally:
        await server.reset()
        pumped.cancel()
        await runner.cleanup()

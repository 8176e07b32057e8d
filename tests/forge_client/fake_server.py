"""A small forge-mcp server that can be made to fail: real HTTP, SSE and WebSockets over simulated sessions."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from forge.models.frame import CLIENT_FRAME, AuthFrame, PingFrame, PongFrame
from tests.forge_client.fake_api import FakeApi
from tests.forge_client.simulated_session import SimulatedSession
from tests.patience import PATIENCE_SECONDS
from tests.serving import serving as uvicorn_serving


@dataclass
class Breakage:
    """What is broken now. `socket_status`: WebSockets are refused with it. `is_mute`: nothing is said any more."""

    socket_status: int | None = None
    is_mute: bool = False
    drops: Callable[[str], bool] = field(default=lambda frame: False)
    """Frames pushed by the server that get lost."""


class FakeServer:
    """`dials` and `heard` tell what came by WebSocket, `api.requests` what came by HTTP."""

    def __init__(self) -> None:
        self.sessions: dict[str, SimulatedSession] = {}
        self.broken = Breakage()
        self.dials: list[str] = []
        self.heard: list[str] = []
        self.streams: list[str] = []
        self.sockets: dict[str, set[WebSocket]] = defaultdict(set)
        self.api = FakeApi(self.session)
        self.base_url = ""
        self._outbox: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self._changed = asyncio.Condition()

    def session(self, session_id: str) -> SimulatedSession:
        if session_id not in self.sessions:
            self.sessions[session_id] = SimulatedSession(
                session_id, lambda frame: self._outbox.put_nowait((session_id, frame))
            )
        return self.sessions[session_id]

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something that came in makes `condition` true."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._changed:
            await self._changed.wait_for(lambda: bool(condition()))

    async def cut(self) -> None:
        """Close all sockets, as API Gateway does after two hours."""
        sockets = [socket for each in self.sockets.values() for socket in each]
        self.sockets.clear()
        for socket in sockets:
            await socket.close(1001)

    async def tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def pump(self) -> None:
        while True:
            session_id, frame = await self._outbox.get()
            await self.tell()
            if self.broken.is_mute or self.broken.drops(frame):
                continue
            for socket in list(self.sockets[session_id]):
                with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                    await socket.send_text(frame)

    def app(self) -> Starlette:
        live = [Route("/api/chat/stream", self._stream), WebSocketRoute("/ws", self._socket)]
        return Starlette(routes=live + self.api.routes())

    async def _socket(self, socket: WebSocket) -> None:
        self.dials.append(str(socket.url))
        await self.tell()
        if self.broken.socket_status is not None:
            await socket.send_denial_response(Response(status_code=self.broken.socket_status))
            return
        await socket.accept()
        session_id = socket.query_params["session_id"]
        self.sockets[session_id].add(socket)
        try:
            while True:
                await self._hear(socket, session_id, await socket.receive_text())
        except (WebSocketDisconnect, RuntimeError):
            self.sockets[session_id].discard(socket)

    async def _hear(self, socket: WebSocket, session_id: str, raw: str) -> None:
        self.heard.append(raw)
        await self.tell()
        if self.broken.is_mute:
            return
        frame = CLIENT_FRAME.validate_json(raw)
        session = self.session(session_id)
        if isinstance(frame, PingFrame | AuthFrame):
            await socket.send_text(PongFrame(rev=session.rev).model_dump_json())
            return
        for answer in session.sync(frame.have):
            await socket.send_text(answer)

    async def _stream(self, request: Request) -> Response:
        session = self.session(request.query_params["session_id"])
        self.streams.append(session.key.session_id)
        return StreamingResponse(self._states(session), media_type="text/event-stream")

    async def _states(self, session: SimulatedSession) -> AsyncIterator[str]:
        sent = ""
        while True:
            if session.flushed != session.text:
                session.flush()
            state = session.state().model_dump_json()
            yield f"id: {session.rev}\ndata: {state}\n\n" if state != sent else ": heartbeat\n\n"
            sent = state
            async with self._changed:
                await self._changed.wait()


@contextlib.asynccontextmanager
async def serving(server: FakeServer, port: int = 0) -> AsyncGenerator[FakeServer]:
    async with (
        asyncio.TaskGroup() as group,
        uvicorn_serving(server.app(), port, ws="websockets-sansio", lifespan="off") as bound,
    ):
        server.base_url = f"http://127.0.0.1:{bound}"
        pumped = group.create_task(server.pump())
        try:
            yield server
        finally:
            await server.cut()
            await server.tell()
            pumped.cancel()

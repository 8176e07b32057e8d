"""Following a session over a WebSocket: catching up, pinging, and noticing when it is dead."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from pydantic import BaseModel, ValidationError
from websockets.asyncio.client import ClientConnection, connect

from forge_client.backoff import Backoff
from forge_client.conversation import Conversation
from forge_client.endpoint import Endpoint
from forge_client.frames import SERVER_FRAME, PingFrame, PongFrame, SyncFrame
from forge_client.pace import Pace
from forge_client.reduce import Frame

FRAME_LIMIT = 1 << 20
NEWEST = 500
"""How many of the messages that have ended are asked for; `SessionCalls.older` has those before."""


class HalfOpen(ConnectionError):
    """The server has not answered a ping in time: the connection is dead, whatever the socket says."""


class SocketFollower:
    """One WebSocket from dialling to its end. `read` gives the conversation so far, `receive` takes each frame."""

    def __init__(
        self, pace: Pace, read: Callable[[], Conversation], receive: Callable[[Frame], None]
    ) -> None:
        self._pace = pace
        self._read = read
        self._receive = receive
        self._syncs = Backoff(first=pace.sync_first, cap=pace.sync_cap)
        self._sync_at = self._pong_by = self._redial_at = float("inf")
        self._heard_at = 0.0

    async def follow(self, endpoint: Endpoint, session_id: str) -> None:
        """Returns when it is time to dial anew. Raises `OSError`, `WebSocketException`, `TimeoutError`."""
        async with asyncio.timeout(self._pace.open_within):
            url = await endpoint.socket_url(session_id)
        dialling = connect(
            url,
            open_timeout=self._pace.open_within,
            close_timeout=1,
            ping_interval=None,
            max_size=FRAME_LIMIT,
            proxy=None if endpoint.is_local else True,
        )
        async with dialling as socket:
            await self._converse(socket)

    async def _converse(self, socket: ClientConnection) -> None:
        now = self._now()
        self._heard_at = now
        self._redial_at = now + self._pace.redial_after - random.uniform(0, self._pace.redial_jitter)  # noqa: S311
        await self._sync(socket)
        while self._now() < self._redial_at:
            await self._act(socket)
            try:
                async with asyncio.timeout_at(
                    min(self._next_ping(), self._pong_by, self._sync_at, self._redial_at)
                ):
                    raw = await socket.recv()
            except TimeoutError:
                continue
            self._take(raw)

    def _take(self, raw: str | bytes) -> None:
        self._heard_at = self._now()
        self._pong_by = float("inf")
        try:
            frame = SERVER_FRAME.validate_json(raw)
        except ValidationError:
            # A kind of frame that a newer server sends. What it may have changed comes with a sync.
            frame = PongFrame()
        self._receive(frame)
        if not self._read().needs_sync:
            self._sync_at = float("inf")
            self._syncs.reset()
        elif self._sync_at == float("inf"):
            self._sync_at = self._now() + max(self._pace.sync_grace, self._syncs.next())

    async def _act(self, socket: ClientConnection) -> None:
        """Whatever is due now."""
        now = self._now()
        if now >= self._pong_by:
            raise HalfOpen(f"no answer to a ping within {self._pace.pong_within:g} s")
        if now >= self._sync_at:
            await self._sync(socket)
        elif now >= self._next_ping():
            await self._send(socket, PingFrame())

    def _next_ping(self) -> float:
        if self._pong_by != float("inf"):
            return float("inf")
        hot = self._read().hot
        is_busy = hot is not None and hot.is_processing
        return self._heard_at + (self._pace.ping_every_busy if is_busy else self._pace.ping_every)

    async def _sync(self, socket: ClientConnection) -> None:
        """Ask for what is missing; the answer, or its absence (`_pong_by`), tells whether to ask again."""
        await self._send(socket, SyncFrame(have=self._read().have, newest=NEWEST))
        self._sync_at = float("inf")

    async def _send(self, socket: ClientConnection, frame: BaseModel) -> None:
        async with asyncio.timeout(self._pace.pong_within):
            await socket.send(frame.model_dump_json())
        self._pong_by = min(self._pong_by, self._now() + self._pace.pong_within)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

"""Following a session over a WebSocket: catching up, pinging, and detecting a dead connection."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from functools import partial

from pydantic import BaseModel, ValidationError
from websockets.asyncio.client import ClientConnection, connect

from forge_client.answers import Ticket
from forge_client.backoff import Backoff
from forge_client.conversation import Conversation
from forge_client.errors import ForgeClientError
from forge_client.frames import SERVER_FRAME, PongFrame
from forge_client.http_requests import Endpoint
from forge_client.pace import Pace
from forge_client.reduce import Frame
from forge_client.sent_frames import AuthFrame, PingFrame, SyncFrame

FRAME_LIMIT = 1 << 20
RENEW_AT = 0.8
"""The share of the connection's time after which a newer token is presented."""
NEWEST = 500
"""The number of finished messages to request; `SessionCalls.load_older` adds earlier ones."""


class HalfOpen(ConnectionError):
    """The server has not answered a ping in time, so the connection is dead even if the socket looks open."""


class SocketFollower:
    """One WebSocket from opening to its end. `read` returns the conversation so far, `receive` handles each frame."""

    def __init__(
        self, pace: Pace, read: Callable[[], Conversation], receive: Callable[[Frame], None]
    ) -> None:
        self._pace = pace
        self._read = read
        self._receive = receive
        self._syncs = Backoff(first=pace.sync_first, cap=pace.sync_cap)
        self._sync_at = self._pong_by = self._redial_at = self._renew_at = float("inf")
        self._new_ticket: Callable[[], Awaitable[Ticket | None]] | None = None
        self._heard_at = 0.0

    async def follow(self, endpoint: Endpoint, session_id: str) -> None:
        """Return when it is time to reconnect. Raises `OSError`, `WebSocketException`, `TimeoutError`."""
        async with asyncio.timeout(self._pace.open_within):
            ticket = await endpoint.ticket(session_id)
        dialling = connect(
            endpoint.socket_url(session_id, ticket),
            open_timeout=self._pace.open_within,
            close_timeout=1,
            ping_interval=None,
            max_size=FRAME_LIMIT,
            proxy=None if endpoint.is_local else True,
        )
        self._new_ticket = partial(endpoint.ticket, session_id)
        async with dialling as socket:
            self._renew_in(ticket)
            await self._converse(socket)

    def _renew_in(self, ticket: Ticket | None) -> None:
        lasts = ticket.opens_for if ticket else None
        self._renew_at = float("inf") if lasts is None else self._now() + lasts * RENEW_AT

    async def _renew(self, socket: ClientConnection) -> None:
        """Present a newer token before the old one ends. Without one the server closes the socket."""
        self._renew_at = float("inf")
        try:
            ticket = await self._new_ticket() if self._new_ticket else None
        except ForgeClientError:
            return
        if ticket:
            await self._send(socket, AuthFrame(ticket=ticket.ticket))
            self._renew_in(ticket)

    async def _converse(self, socket: ClientConnection) -> None:
        now = self._now()
        self._heard_at = now
        self._redial_at = now + self._pace.redial_after - random.uniform(0, self._pace.redial_jitter)  # noqa: S311
        await self._sync(socket)
        while self._now() < self._redial_at:
            await self._act(socket)
            try:
                async with asyncio.timeout_at(
                    min(self._next_ping(), self._pong_by, self._sync_at, self._redial_at, self._renew_at)
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
            # A newer server sends this unknown kind of frame. A sync brings whatever it may have changed.
            frame = PongFrame()
        self._receive(frame)
        if not self._read().needs_sync:
            self._sync_at = float("inf")
            self._syncs.reset()
        elif self._sync_at == float("inf"):
            self._sync_at = self._now() + max(self._pace.sync_grace, self._syncs.next())

    async def _act(self, socket: ClientConnection) -> None:
        """Do whatever is due now."""
        now = self._now()
        if now >= self._pong_by:
            raise HalfOpen(f"no answer to a ping within {self._pace.pong_within:g} s")
        if now >= self._renew_at:
            await self._renew(socket)
        elif now >= self._sync_at:
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
        """Request what is missing. The answer, or its absence (`_pong_by`), decides whether to request it again."""
        await self._send(socket, SyncFrame(have=self._read().have, newest=NEWEST))
        self._sync_at = float("inf")

    async def _send(self, socket: ClientConnection, frame: BaseModel) -> None:
        async with asyncio.timeout(self._pace.pong_within):
            await socket.send(frame.model_dump_json())
        self._pong_by = min(self._pong_by, self._now() + self._pace.pong_within)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

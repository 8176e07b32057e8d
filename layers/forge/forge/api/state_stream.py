"""`GET /api/chat/stream` sends the State as server-sent events whenever the hot item's `rev` has changed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass

from forge.api import dependencies
from forge.api.message_pages import MESSAGES_LIMIT, fitting, page
from forge.api.unreadable_sessions import unreadable_state
from forge.errors import SessionUnreadable, StorageUnavailable
from forge.models import public
from forge.models.http import State
from forge.models.message import Message
from forge.models.session import Session
from forge.models.session_key import SessionKey

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 15.0
LIFE_SECONDS = 120.0
"""Life of a stream, shorter than the function's timeout. The client then reconnects with Last-Event-ID."""
QUIET_SECONDS = 25.0
"""A stream without a change ends after this time, because Lambda is not told when a client disconnects and bills the
time.
"""
QUIET_RETRY = b"retry: 2000\n\n"
"""Reconnection time of a client whose stream had no change, in milliseconds."""
BUSY_SECONDS = 0.2
IDLE_SECONDS = (0.3, 1.0)
SLOWEST_SECONDS = 1.5
BYTES_PER_SECOND = 1_000_000
"""Each event holds a whole State. The events of a long conversation are spaced out, so that a stream stays below this
rate.
"""
_UNREADABLE_ID = "unreadable"
"""Id of the event that is sent while the session cannot be read."""
WATCH_MS = 10_000
"""Watching a run makes its worker flush often. The watch ends by itself this long after the stream has ended."""


class Follower:
    """One client's view of the session. Messages that it has read from the log are not read again."""

    def __init__(self, key: SessionKey, last_event_id: str | None) -> None:
        self._key = key
        self._sent = last_event_id
        self._waiting: list[str] | None = None
        self._generation = 0
        self._log: list[Message] = []
        self._logged = 0
        self._watched_until = 0
        self.is_busy = False

    def next_event(self) -> bytes | None:
        """Return an event if the state has changed or a wallet request in it has expired.

        Blocks. Extends the session's life.
        """
        try:
            session = dependencies.store().sessions.touch(self._key)
        except SessionUnreadable as unreadable:
            return self._unreadable_event(unreadable)
        self.is_busy = session is not None and bool(session.active or session.inbox)
        if self.is_busy:
            self._watch()
        event_id = str(session.rev if session else 0)
        waiting = [each.approval_id for each in (*session.approvals, *session.asks)] if session else []
        if event_id == self._sent and self._waiting in (None, waiting):
            return None
        data = self._state(session).model_dump_json()
        self._sent, self._waiting = event_id, waiting
        return f"id: {event_id}\ndata: {data}\n\n".encode()

    def _unreadable_event(self, unreadable: SessionUnreadable) -> bytes | None:
        self.is_busy = False
        if self._sent == _UNREADABLE_ID:
            return None
        self._sent, self._waiting = _UNREADABLE_ID, []
        data = unreadable_state(self._key, unreadable).model_dump_json()
        return f"id: {_UNREADABLE_ID}\ndata: {data}\n\n".encode()

    def _watch(self) -> None:
        now = dependencies.now()
        if self._watched_until - now < WATCH_MS // 2:
            self._watched_until = now + WATCH_MS
            dependencies.store().controls.watch(self._key, self._watched_until)

    def _state(self, session: Session | None) -> State:
        catalog = dependencies.catalog()
        if session is None:
            network = dependencies.settings().default_network
            return public.empty_state(self._key.session_id, network, catalog)
        sessions = dependencies.store().sessions
        if session.generation != self._generation:
            self._log = page(sessions, session, session.logged, MESSAGES_LIMIT)
        else:
            self._log = fitting([*self._log, *sessions.messages(session, self._logged)])
        self._generation, self._logged = session.generation, session.logged
        return public.state(session, self._log, sessions.streaming_text(session), catalog)


@dataclass(frozen=True, slots=True)
class StreamTimes:
    """The times of one stream, in seconds."""

    heartbeat: float = HEARTBEAT_SECONDS
    """After so long without an event, a comment says that the stream lives."""
    life: float = LIFE_SECONDS
    """After this the stream ends, however busy the session is."""
    quiet: float = QUIET_SECONDS
    """After so long without a change and without a run the stream ends."""


_USUAL = StreamTimes()


async def get_stream(
    follower: Follower,
    is_disconnected: Callable[[], Awaitable[bool]],
    until: int | None = None,
    slowness: Callable[[], float] = lambda: 1.0,
    times: StreamTimes = _USUAL,
) -> AsyncGenerator[bytes]:
    """Send events until the client disconnects, nothing changes, the time is up, or its token ends at `until` (epoch
    milliseconds).

    If the storage cannot be read, the stream tries again later. `slowness` is the factor by which the pauses between
    reads grow.
    """
    started = spoken = changed = time.monotonic()
    pause = IDLE_SECONDS[0]
    yield b"retry: 1000\n\n"
    while time.monotonic() - started < times.life and not await is_disconnected():
        if until is not None and dependencies.now() >= until:
            return
        if not follower.is_busy and time.monotonic() - changed >= times.quiet:
            yield QUIET_RETRY
            return
        try:
            event = await asyncio.to_thread(follower.next_event)
        except StorageUnavailable as error:
            logger.warning("state not read")
            event, pause = None, error.retry_after
        if event:
            yield event
            changed = time.monotonic()
            pause = IDLE_SECONDS[0]
            await asyncio.sleep(len(event) / BYTES_PER_SECOND)
        elif time.monotonic() - spoken >= times.heartbeat:
            yield b": still here\n\n"
        else:
            usual = BUSY_SECONDS if follower.is_busy else pause
            await asyncio.sleep(min(usual * slowness(), max(usual, SLOWEST_SECONDS)))
            pause = min(pause * 1.2, IDLE_SECONDS[1])
            continue
        spoken = time.monotonic()

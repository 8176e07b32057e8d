"""Pushes to WebSocket connections. Each has its own ordered sender, which always sends what its connection lacks
now.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from forge.backoff import pauses
from forge.errors import ConnectionGone, StorageUnavailable
from forge.models.framing import state_frames, text_frames
from forge.models.views import Hot
from forge.ports.connections import AsyncConnections
from worker.push.feed import Feed
from worker.push.frame_pace import Pace
from worker.push.ticks import Ticks, nearest_tick

logger = logging.getLogger(__name__)

SLOW_SECONDS = 2.0
"""Time limit of one frame; a connection that takes longer is logged as slow."""
_TRIES, _FIRST_PAUSE, _LONGEST_PAUSE = 9, 0.15, 4.5

IsGone = Callable[[str], Awaitable[bool]]
"""Called after a 410. Returns whether the connection has gone and is forgotten, or is only opening."""


@dataclass
class Position:
    """What one connection has received."""

    version: int = -1
    """The version of the feed's state that was sent last; -1 before the first one."""
    messages: int = 0
    """The number after that of the newest message that was sent."""
    seq: int = -1
    """The number of the streaming message; -1 before the first one."""
    attempt: int = 0
    """The attempt to which the sent text belongs."""
    length: int = 0
    """The length of the sent text in characters."""


class Sender:
    """Sends in order to one connection. A slow connection gets the newest state once it can receive more."""

    def __init__(
        self,
        connection_id: str,
        feed: Feed,
        connections: AsyncConnections,
        pace: Pace,
        ticks: Ticks,
        is_gone: IsGone,
    ) -> None:
        self._connection_id, self._feed, self._connections = connection_id, feed, connections
        self._pace, self._ticks, self._is_gone = pace, ticks, is_gone
        self._sent = Position()
        self._wake = asyncio.Event()
        self._is_gathering = False
        self._text_since = 0.0
        self._text_due = 0.0
        self.is_idle = asyncio.Event()

    async def run(self) -> None:
        """Send until cancelled. Raises `ConnectionGone`, and `StorageUnavailable` if retries have not helped."""
        stop_listening = self._feed.listen(self._changed)
        try:
            while True:
                self._wake.clear()
                if self._sent.version != self._feed.version and (hot := self._feed.hot):
                    await self._send_state(hot)
                elif self._text_missing():
                    await self._send_text()
                else:
                    self.is_idle.set()
                    await self._wake.wait()
        finally:
            self.is_idle.set()
            stop_listening()

    def _changed(self, is_state: bool) -> None:
        self.is_idle.clear()
        if is_state or not self._is_gathering:
            self._wake.set()

    async def _send_state(self, hot: Hot) -> None:
        new = [message for message in self._feed.messages if (message.seq or 0) >= self._sent.messages]
        version = self._feed.version
        self._sent.messages = max([self._sent.messages, *((message.seq or 0) + 1 for message in new)])
        await self._send(state_frames(hot, new))
        self._sent.version = version

    def _text_missing(self) -> bool:
        feed, sent = self._feed, self._sent
        if (feed.text_seq, feed.attempt) != (sent.seq, sent.attempt):
            sent.seq, sent.attempt, sent.length = feed.text_seq, feed.attempt, 0
            self._text_due = 0.0
        return feed.text_length > sent.length

    async def _send_text(self) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._text_due:
            await self._gather()
            return
        if not self._sent.length:
            self._text_since = now
        session, sent = self._feed.session, self._sent
        if session is None:
            return
        text, begin = self._feed.text, sent.length
        sent.length = len(text)
        await self._send(
            text_frames(
                session.key.session_id, session.generation, sent.seq, sent.attempt, begin, text[begin:]
            )
        )
        sending = asyncio.get_running_loop().time() - now
        self._text_due = nearest_tick(now + self._pace.pause(now - self._text_since, sending))

    async def _gather(self) -> None:
        """The tick may also come after a state has ended the wait; then it only wakes the sender once more."""
        self._is_gathering = True
        self._ticks.call_at(self._text_due, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            self._is_gathering = False

    async def _send(self, frames: Iterable[str]) -> None:
        for frame in frames:
            await self._post(frame.encode())

    async def _post(self, frame: bytes) -> None:
        for pause in pauses(_FIRST_PAUSE, longest=_LONGEST_PAUSE, tries=_TRIES):
            try:
                return await self._post_once(frame)
            except ConnectionGone:
                if await self._is_gone(self._connection_id):
                    raise
            except StorageUnavailable:
                pass
            await asyncio.sleep(pause)
        return await self._post_once(frame)

    async def _post_once(self, frame: bytes) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await self._connections.post(self._connection_id, frame)
        if (seconds := loop.time() - began) > SLOW_SECONDS:
            logger.info(
                "connection slow", extra={"connection_id": self._connection_id, "seconds": round(seconds, 1)}
            )

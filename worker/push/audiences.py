"""The audience of each session. While an audience still receives the end of a run, the next run uses it too, which
keeps the order.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from forge.connections.gone_connections import forget_unless_opening
from forge.errors import StorageUnavailable
from forge.models.session import Catalog, Session
from forge.models.session_key import SessionKey
from forge.ports.clock import Clock
from forge.ports.connections import AsyncConnections
from forge.ports.controls import Controls
from worker.blocking_calls import Blocking
from worker.push.audience import Audience
from worker.push.feed import Feed
from worker.push.frame_pace import Pace
from worker.push.ticks import Ticks

DRAIN_SECONDS = 5.0


class Audiences:
    def __init__(
        self,
        controls: Controls,
        connections: AsyncConnections,
        blocking: Blocking,
        catalog: Callable[[], Catalog],
        pace: Pace,
        clock: Clock,
        counted: Callable[[AsyncConnections], AsyncConnections] = lambda connections: connections,
    ) -> None:
        """`counted` returns the connections through which a session's audience pushes, in place of `connections`."""
        self._controls = controls
        self._connections = connections
        self._blocking = blocking
        self._catalog = catalog
        self._pace, self._ticks = pace, Ticks()
        self._clock = clock
        self._counted = counted
        self._users: Counter[tuple[SessionKey, int]] = Counter()
        self._open: dict[tuple[SessionKey, int], Audience] = {}
        self._closing: dict[tuple[SessionKey, int], asyncio.Task[None]] = {}

    def open(self, session: Session) -> Audience:
        name = (session.key, session.generation)
        if closing := self._closing.pop(name, None):
            closing.cancel()
        self._users[name] += 1
        if name not in self._open:
            self._open[name] = self._new(session.key)
        return self._open[name]

    def release(self, session: Session, told: Callable[[], None] = lambda: None) -> None:
        """The last run that leaves waits until every connection has received the end, then closes the audience.
        `told` is called after that.
        """
        name = (session.key, session.generation)
        self._users[name] -= 1
        if self._users[name]:
            told()
            return
        del self._users[name]
        closing = asyncio.create_task(self._close(name), name=f"drain {session.key}")
        closing.add_done_callback(lambda _: told())
        self._closing[name] = closing

    async def close(self) -> None:
        await asyncio.gather(*self._closing.values(), return_exceptions=True)
        await asyncio.gather(*(audience.close() for audience in self._open.values()))

    def _new(self, key: SessionKey) -> Audience:
        async def is_gone(connection_id: str) -> bool:
            try:
                return await self._blocking(
                    lambda: forget_unless_opening(self._controls, connection_id, key, now=self._clock())
                )
            except StorageUnavailable:
                return True

        connections = self._counted(self._connections)
        return Audience(Feed(self._catalog), connections, self._pace, self._ticks, is_gone)

    async def _close(self, name: tuple[SessionKey, int]) -> None:
        audience = self._open[name]
        await self._find_late_readers(name[0], audience)
        await audience.drain(DRAIN_SECONDS)
        del self._closing[name]
        await self._open.pop(name).close()

    async def _find_late_readers(self, key: SessionKey, audience: Audience) -> None:
        """Connections that were listed after the last check may have learned of the run from their `sync`. Only
        this tells them of its end before their next ping.
        """
        found = await self._blocking.retry(self._controls.read, [key])
        if found is not None:
            audience.follow(found[key].connections if key in found else ())

"""To which connections a session's frames go while this worker has something to send."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from forge.errors import ConnectionGone, StorageUnavailable
from forge.ports.connections import AsyncConnections
from worker.push.feed import Feed
from worker.push.frame_pace import Pace
from worker.push.sender import IsGone, Sender
from worker.push.ticks import Ticks

logger = logging.getLogger(__name__)


class Audience:
    """The open connections of one session while this worker has something to send to it."""

    def __init__(
        self, feed: Feed, connections: AsyncConnections, pace: Pace, ticks: Ticks, is_gone: IsGone
    ) -> None:
        self.feed = feed
        self.connections, self._pace, self._ticks, self._is_gone = connections, pace, ticks, is_gone
        self._senders: dict[str, tuple[Sender, asyncio.Task[None]]] = {}
        self._gone: set[str] = set()

    def follow(self, connection_ids: Iterable[str]) -> None:
        """Send to exactly these connections from now on; a new one gets what it has missed of the run."""
        wanted = set(connection_ids) - self._gone
        for connection_id in self._senders.keys() - wanted:
            self._senders.pop(connection_id)[1].cancel()
        for connection_id in wanted - self._senders.keys():
            sender = Sender(
                connection_id, self.feed, self.connections, self._pace, self._ticks, self._is_gone
            )
            task = asyncio.create_task(self._serve(connection_id, sender), name=f"send {connection_id}")
            self._senders[connection_id] = (sender, task)

    async def drain(self, seconds: float) -> None:
        """Wait until every connection has received everything, up to the time limit."""
        waits = [sender.is_idle.wait() for sender, _ in self._senders.values()]
        try:
            async with asyncio.timeout(seconds):
                await asyncio.gather(*waits)
        except TimeoutError:
            pass

    async def close(self) -> None:
        tasks = [task for _, task in self._senders.values()]
        self._senders.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, connection_id: str, sender: Sender) -> None:
        try:
            await sender.run()
        except (ConnectionGone, StorageUnavailable) as error:
            # `make run` prints each log line with a field `error`, and a closed page is not an error.
            fields = {"connection_id": connection_id, "reason": type(error).__name__}
            logger.info("connection given up", extra=fields)
            self._gone.add(connection_id)  # for this run; if the connection still exists, it can send `sync`

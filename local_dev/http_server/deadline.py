"""A connection's deadline."""

from __future__ import annotations

import asyncio


class Deadline:
    """The time by which a connection must have done something, or it is closed.

    Each request sets and drops a deadline several times, so the timer is not moved each time. When it fires, it
    checks the current deadline.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._due: float | None = None
        self._fires_at = 0.0

    def set(self, seconds: float) -> None:
        """Set the deadline this far from now, replacing the earlier one."""
        self._due = self._loop.time() + seconds
        if self._timer is None or self._due < self._fires_at:
            self._start(self._due)

    def drop(self) -> None:
        self._due = None

    def close(self) -> None:
        self._due = None
        if self._timer:
            self._timer.cancel()
        self._timer = None

    def _start(self, due: float) -> None:
        if self._timer:
            self._timer.cancel()
        self._fires_at = due
        self._timer = self._loop.call_at(due, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._due is None:
            return
        if self._due <= self._fires_at:
            self._transport.abort()
        else:
            self._start(self._due)

"""Begins a few runs at a time, so that of many simultaneous runs the first ones get their first text early.

A run's beginning takes the worker's processor. If all runs begin at once, all of them get their first text when the
last one does. One after the other, half of them get it in half of the time, and the last one no later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Self

AT_ONCE = 8
"""More than one run begins at once, because a beginning run also waits for the table."""
LONGEST_WAIT = 1.0
"""Time limit in seconds. Meanwhile the message is kept invisible, so nobody else can begin its run."""
LONGEST_START = 0.25
"""After this time a beginning run no longer delays others, because it has something to look up or to verify."""


class Starts:
    def __init__(self, at_once: int = AT_ONCE, longest_start: float | None = None) -> None:
        """`longest_start` in seconds; `LONGEST_START` if it is not given."""
        self._places = asyncio.Semaphore(at_once)
        self._longest_start = longest_start or LONGEST_START

    async def begin(self) -> Start:
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                await self._places.acquire()
        except TimeoutError:
            return Start(lambda: None, self._longest_start)
        return Start(self._places.release, self._longest_start)


class Start:
    """One run's beginning, from its claim until its LLM is asked."""

    def __init__(self, release: Callable[[], None], longest: float) -> None:
        self._release: Callable[[], None] | None = release
        self._late = asyncio.get_running_loop().call_later(longest, self.over)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.over()

    def over(self) -> None:
        """May be called more than once."""
        self._late.cancel()
        release, self._release = self._release, None
        if release:
            release()

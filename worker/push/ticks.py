"""Calls at multiples of a short time, those of the same moment by one timer.

A timer for each connection's next frame costs a worker with many answers as much as signing the frame.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

TICK_SECONDS = 0.025
"""Text is sent at multiples of this time, that of all connections together, because waking up for each frame alone
costs this worker and the gateway about as much as the frame.
"""


def nearest_tick(moment: float) -> float:
    return round(moment / TICK_SECONDS) * TICK_SECONDS


class Ticks:
    """The calls of one event loop. Moments are those of its clock."""

    def __init__(self) -> None:
        self._calls: dict[float, list[Callable[[], None]]] = {}

    def call_at(self, moment: float, call: Callable[[], None]) -> None:
        """`moment` is a result of `nearest_tick`. The call cannot be taken back, so it must do no harm if it comes
        when nobody needs it any more.
        """
        if moment in self._calls:
            self._calls[moment].append(call)
            return
        self._calls[moment] = [call]
        asyncio.get_running_loop().call_at(moment, self._run, moment)

    def _run(self, moment: float) -> None:
        for call in self._calls.pop(moment):
            call()

"""Computing beside the event loop: the loop renews leases, pushes text and receives for everybody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from worker.tool_outcomes import ToolRefused

MOST_WAITING = 16
"""Computations that may wait for the thread. Each is bounded by its input, so the last one waits about a second."""

P = ParamSpec("P")
R = TypeVar("R")


class OffLoop:
    """One thread: the loop competes with a single computation for the interpreter. Too many that wait are refused."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="computing")
        self._waiting = 0

    async def __call__(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        if self._waiting >= MOST_WAITING:
            raise ToolRefused(
                "Too much is being encoded and decoded at the moment.", "Repeat the call in a second."
            )
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._executor, partial(call, *args, **kwargs)
            )
        finally:
            self._waiting -= 1

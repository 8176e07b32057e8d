"""Computes in a thread, because the event loop renews leases, pushes text and receives messages for all runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from worker.tool_outcomes import ToolRefused

MOST_WAITING = 16
"""Maximum waiting computations. The input of each is limited, so the last one waits about a second."""

P = ParamSpec("P")
R = TypeVar("R")


class OffLoop:
    """A single thread, because each running computation competes with the loop for the interpreter. Calls beyond
    the maximum are refused.
    """

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

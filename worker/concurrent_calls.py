"""Concurrent questions: if one fails, the others have ended before the caller gets the error.

With `asyncio.gather` alone the others would continue, on connections that are closed by then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

First = TypeVar("First")
Second = TypeVar("Second")


async def both(
    first: Coroutine[Any, Any, First], second: Coroutine[Any, Any, Second]
) -> tuple[First, Second]:
    """Raises the error of the first one that fails."""
    tasks = asyncio.ensure_future(first), asyncio.ensure_future(second)
    await _finished(tasks)
    return tasks[0].result(), tasks[1].result()


async def all_of(each: Iterable[Coroutine[Any, Any, First]]) -> list[First]:
    """Raises the error of the first one that fails."""
    tasks = [asyncio.ensure_future(one) for one in each]
    await _finished(tasks)
    return [task.result() for task in tasks]


async def _finished(tasks: Iterable[asyncio.Future[Any]]) -> None:
    tasks = list(tasks)
    try:
        await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise

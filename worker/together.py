"""Questions that are asked at the same time: when one of them fails, the others are over before anybody hears of it.

`asyncio.gather` alone lets the others go on, into connections that are closed by then.
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
    """Raises what the first of them to fail raises."""
    tasks = asyncio.ensure_future(first), asyncio.ensure_future(second)
    await _finished(tasks)
    return tasks[0].result(), tasks[1].result()


async def all_of(each: Iterable[Coroutine[Any, Any, First]]) -> list[First]:
    """Raises what the first of them to fail raises."""
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

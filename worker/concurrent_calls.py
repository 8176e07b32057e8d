"""Concurrent questions: if one fails, the others have ended before the caller gets the error.

With `asyncio.gather` alone the others would continue, on connections that are closed by then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar, cast

First = TypeVar("First")
Second = TypeVar("Second")


async def both(
    first: Coroutine[Any, Any, First], second: Coroutine[Any, Any, Second]
) -> tuple[First, Second]:
    """Raises the error of the first one that fails."""
    answers: list[First | Second] = await all_of((first, second))
    return cast("tuple[First, Second]", tuple(answers))


async def all_of(each: Iterable[Coroutine[Any, Any, First]]) -> list[First]:
    """Raises the error of the first one that fails."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one, name="concurrent question") for one in each]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [task.result() for task in tasks]

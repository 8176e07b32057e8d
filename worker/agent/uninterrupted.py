"""Writes that a cancellation must not tear: what is stored and what we think is stored would differ."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

R = TypeVar("R")


async def uninterrupted(work: Coroutine[Any, Any, R]) -> R:
    """Run `work` to its end even when the caller is cancelled meanwhile; the cancellation follows after it."""
    task = asyncio.create_task(work, name="uninterrupted write")
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error from None
        raise

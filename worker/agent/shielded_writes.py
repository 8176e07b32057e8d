"""Writes that a cancellation must not interrupt, because the stored state and this process's copy of it would
differ.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import anyio

R = TypeVar("R")


async def uninterrupted(work: Coroutine[Any, Any, R]) -> R:
    """Run `work` to its end even if the caller is cancelled in the meantime; the cancellation follows afterwards.

    The caller may be cancelled more than once: a cancelled scope of anyio, in which the agent library runs its steps,
    cancels again at each wait without a shield.
    """
    task, cancellation = asyncio.create_task(work, name="uninterrupted write"), None
    while not task.done():
        try:
            with anyio.CancelScope(shield=True):
                await asyncio.wait({task})
        except asyncio.CancelledError as cancelled:
            cancellation = cancelled
    if cancellation is None or (not task.cancelled() and task.exception() is not None):
        return task.result()
    raise cancellation

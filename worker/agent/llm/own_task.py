"""Runs a coroutine that wakes up often in a task of its own, so that each wake-up does not go through its callers.

A task resumes all coroutines between itself and the one that waits. Under the agent library those are 20 for each
token of an answer, and a worker with many answers finds few of them in its processor's cache.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import anyio


async def in_own_task(work: Coroutine[Any, Any, None], name: str) -> None:
    """Wait for `work`. A cancellation of the caller cancels it, and ends when `work` has ended.

    A cancelled scope of anyio, in which the agent library runs its steps, cancels again at each wait without a shield.
    `work` gets the first of these only, so that what it shields from cancellation is not interrupted.
    """
    task, cancellation = asyncio.create_task(work, name=name), None
    while not task.done():
        try:
            with anyio.CancelScope(shield=cancellation is not None):
                await asyncio.wait({task})
        except asyncio.CancelledError as cancelled:
            cancellation = cancelled
            task.cancel()
    if cancellation is None or (not task.cancelled() and task.exception() is not None):
        return task.result()
    raise cancellation

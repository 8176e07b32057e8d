"""Writes that a cancellation must not tear: what is stored and what we think is stored would differ."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import anyio

R = TypeVar("R")


async def uninterrupted(work: Coroutine[Any, Any, R]) -> R:
    """Run `work` to its end even when the caller is cancelled meanwhile; the cancellation follows after it.

    It may be cancelled more than once: a cancelled scope of anyio, in which the agent library runs its steps, cancels
    again whenever somebody waits in it without a shield.
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

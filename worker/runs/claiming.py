"""Claiming a run whose lease a dead worker may still have: the message has come back, so one wait is worth it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from forge.errors import LeaseHeld
from forge.models.run import RunMessage
from forge.ports import Lease
from worker.resources import Resources


async def claim(
    resources: Resources, message: RunMessage, receipt: str, is_stopping: Callable[[], bool]
) -> Lease:
    """Raises `LeaseHeld` when the lease was renewed meanwhile: then its worker lives."""
    try:
        return await _claim(resources, message)
    except LeaseHeld as held:
        with resources.kept.keep(lambda: receipt, asyncio.get_running_loop().time()):
            await asyncio.sleep(max(0, held.until + 1 - resources.clock()) / 1_000)
        if is_stopping():
            raise
    return await _claim(resources, message)


async def _claim(resources: Resources, message: RunMessage) -> Lease:
    return await resources.blocking(resources.runs.claim, message, resources.worker_id)

"""Stops a worker's runs: they may go on for a while, and what is left then is released for another worker."""

from __future__ import annotations

import asyncio

from worker.runs.control_poll import LocalRuns
from worker.runs.fair_share import Capacity

_RELEASE_SECONDS = 3


async def wind_up(
    receiving: asyncio.Task[None],
    poll_seconds: float,
    capacity: Capacity,
    active: LocalRuns,
    seconds: float,
) -> None:
    """Let the runs go on for `seconds` (the setting `WORKER_STOP_SECONDS`), then release them. The last poll, which
    takes up to `poll_seconds`, may still bring deliveries to put back.
    """
    capacity.is_stopping, deliveries = True, capacity.deliveries
    if deliveries:
        await asyncio.wait(deliveries, timeout=seconds)
    active.stop_all()
    await asyncio.wait({receiving}, timeout=poll_seconds)
    if deliveries:
        await asyncio.wait(deliveries, timeout=_RELEASE_SECONDS)
    for task in {receiving, *deliveries}:
        task.cancel()

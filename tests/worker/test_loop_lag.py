"""The event loop's lateness is measured: the largest of each minute."""

from __future__ import annotations

import asyncio
import time

from tests.patience import PATIENCE_SECONDS
from worker.serve import measure_lag


async def test_a_loop_that_was_held_up_is_told_of() -> None:
    told: list[float] = []
    has_told = asyncio.Event()

    def tell(seconds: float) -> None:
        told.append(seconds)
        has_told.set()

    measuring = asyncio.create_task(measure_lag(tell, every=0.01, count=3))
    await asyncio.sleep(0)
    time.sleep(0.2)  # noqa: ASYNC251  this is what is measured
    async with asyncio.timeout(PATIENCE_SECONDS):
        await has_told.wait()
    measuring.cancel()
    assert told[0] >= 0.15

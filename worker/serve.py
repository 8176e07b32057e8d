"""The worker from start to stop, over whatever resources it is given."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from worker.operation.heartbeat import beat
from worker.push.audiences import Audiences
from worker.resources import Resources
from worker.runs.consumer import Consumer
from worker.runs.execution import RunExecutor
from worker.runs.holding import keep_messages
from worker.runs.watch import LocalRuns

logger = logging.getLogger(__name__)

_MEASURE_SECONDS = 60.0
_LAG_SECONDS = 0.25
_LAG_LOOKS = 240


async def serve(
    resources: Resources,
    stop: asyncio.Event,
    *,
    concurrency: int,
    stop_seconds: float,
    heartbeat: Path | None = None,
) -> None:
    """Until `stop` is set. A part that dies ends the worker, and whoever runs it starts another.

    `heartbeat`: the file that the event loop touches while it runs.
    """
    active, audiences = LocalRuns(), _audiences(resources)
    consumer = Consumer(resources, active, RunExecutor(resources, active, audiences), concurrency)
    try:
        await resources.publisher.publish()
        catalog = resources.publisher.catalog()
        fields = {"worker": resources.worker_id, "llm": catalog.llm, "tools": len(catalog.tools)}
        logger.info("worker ready", extra=fields)
        async with asyncio.TaskGroup() as group:
            beside: list[Coroutine[Any, Any, None]] = [
                active.watch(resources),
                keep_messages(resources),
                resources.publisher.keep_published(),
                _measure(resources, active),
                measure_lag(resources.metrics.loop_lag),
            ]
            if heartbeat:
                beside.append(beat(heartbeat))
            tasks = [group.create_task(part) for part in beside]
            await consumer.consume(stop, stop_seconds)
            for task in tasks:
                task.cancel()
    finally:
        await audiences.close()
        await resources.toolbox.close()
        resources.blocking.close()
    logger.info("worker stopped", extra={"worker": resources.worker_id})


def _audiences(resources: Resources) -> Audiences:
    return Audiences(
        controls=resources.controls,
        connections=resources.connections,
        blocking=resources.blocking,
        catalog=resources.publisher.catalog,
        pace=resources.pace,
        clock=resources.clock,
        counted=resources.tracing.counted,
    )


async def _measure(resources: Resources, active: LocalRuns) -> None:
    while True:
        resources.metrics.process(len(active), _memory())
        await asyncio.sleep(_MEASURE_SECONDS)


async def measure_lag(
    told: Callable[[float], None], every: float = _LAG_SECONDS, count: int = _LAG_LOOKS
) -> None:
    """Tell the worst lateness of `count` looks, `every` so many seconds: leases and pushes are as late as that."""
    loop = asyncio.get_running_loop()
    while True:
        worst = 0.0
        for _ in range(count):
            due = loop.time() + every
            await asyncio.sleep(every)
            worst = max(worst, loop.time() - due)
        told(worst)


def _memory() -> int:
    """Resident bytes; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")

"""The worker from start to stop."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forge.ports.queue import RunQueue
from worker.agent.tools.toolbox import Toolbox
from worker.blocking_calls import Blocking
from worker.operation.heartbeat import beat
from worker.operation.metrics import Metrics
from worker.push.audiences import Audiences
from worker.runs.consumer import Consumer
from worker.runs.control_poll import LocalRuns
from worker.runs.message_visibility import KeptMessages, keep_messages
from worker.tool_catalog import Publisher

logger = logging.getLogger(__name__)

_MEASURE_SECONDS = 60.0
_LAG_SECONDS = 0.25
_LAG_LOOKS = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """Parts that live as long as the worker."""

    worker_id: str
    """The id that this worker's leases and log lines carry."""
    consumer: Consumer
    """Receives messages and starts their runs."""
    active: LocalRuns
    """The runs that this worker executes now."""
    audiences: Audiences
    """The connections that receive what the runs write."""
    kept: KeptMessages
    """The queue messages of these runs."""
    queue: RunQueue
    """The queue of runs that wait for a worker."""
    publisher: Publisher
    """Publishes this worker's catalog, and connects the MCP servers."""
    toolbox: Toolbox
    """The tools of all MCP servers."""
    metrics: Metrics
    """Records the measurements of runs and of this process."""
    blocking: Blocking
    """The threads in which the store is called."""


async def serve(
    worker: Worker, stop: asyncio.Event, *, stop_seconds: float, heartbeat: Path | None = None
) -> None:
    """Run until `stop` is set. A part that fails ends the worker, and its supervisor starts another worker.

    `heartbeat`: the file that the event loop touches while it runs.
    """
    try:
        await worker.publisher.publish()
        catalog = worker.publisher.catalog()
        fields = {"worker": worker.worker_id, "llm": catalog.llm, "tools": len(catalog.tools)}
        logger.info("worker ready", extra=fields)
        async with asyncio.TaskGroup() as group:
            beside: dict[str, Coroutine[Any, Any, None]] = {
                "controls": worker.active.watch(),
                "messages": keep_messages(worker.kept, worker.queue, worker.blocking),
                "catalog": worker.publisher.keep_published(),
                "measurements": _measure(worker.metrics, worker.active),
                "loop lag": measure_lag(worker.metrics.loop_lag),
            }
            if heartbeat:
                beside["heartbeat"] = beat(heartbeat)
            tasks = [group.create_task(part, name=name) for name, part in beside.items()]
            await worker.consumer.consume(stop, stop_seconds)
            for task in tasks:
                task.cancel()
    finally:
        await worker.audiences.close()
        await worker.toolbox.close()
        worker.blocking.close()
    logger.info("worker stopped", extra={"worker": worker.worker_id})


async def _measure(metrics: Metrics, active: LocalRuns) -> None:
    while True:
        metrics.process(len(active), _memory())
        await asyncio.sleep(_MEASURE_SECONDS)


async def measure_lag(
    told: Callable[[float], None], every: float = _LAG_SECONDS, count: int = _LAG_LOOKS
) -> None:
    """Record the largest lateness of `count` checks, one every so many seconds. Leases and pushes are equally late."""
    loop = asyncio.get_running_loop()
    while True:
        worst = 0.0
        for _ in range(count):
            due = loop.time() + every
            await asyncio.sleep(every)
            worst = max(worst, loop.time() - due)
        told(worst)


def _memory() -> int:
    """Return resident bytes; 0 if the system does not provide them."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")

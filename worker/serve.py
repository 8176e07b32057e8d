"""The worker from start to stop, over whatever resources it is given."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from worker.audiences import Audiences
from worker.consumer import Consumer
from worker.execute_run import RunExecutor
from worker.resources import Resources
from worker.watch import ActiveRuns

logger = logging.getLogger(__name__)


async def serve(resources: Resources, stop: asyncio.Event, *, concurrency: int, stop_seconds: float) -> None:
    """Until `stop` is set. A part that dies ends the worker, and whoever runs it starts another."""
    active, audiences = ActiveRuns(), Audiences(resources)
    consumer = Consumer(resources, active, RunExecutor(resources, active, audiences), concurrency)
    try:
        await resources.publisher.publish()
        catalog = resources.publisher.catalog()
        fields = {"worker": resources.worker_id, "llm": catalog.llm, "tools": len(catalog.tools)}
        logger.info("worker ready", extra=fields)
        async with asyncio.TaskGroup() as group:
            beside: list[Coroutine[Any, Any, None]] = [
                active.watch(resources),
                resources.publisher.keep_published(),
            ]
            tasks = [group.create_task(part) for part in beside]
            await consumer.consume(stop, stop_seconds)
            for task in tasks:
                task.cancel()
    finally:
        await audiences.close()
        await resources.toolbox.close()
        resources.blocking.close()
    logger.info("worker stopped", extra={"worker": resources.worker_id})

from __future__ import annotations

import asyncio
from typing import Any

from local_dev.lambda_runtime import LambdaRuntime
from local_dev.schedule import run_schedule
from local_dev.wiring import Function, Schedule
from tests.local_dev.conftest import eventually


async def test_a_scheduled_function_is_called_again_even_after_a_failure():
    events: list[dict[str, Any]] = []

    def failing_first(event: dict[str, Any], context: Any) -> None:
        events.append(event)
        if len(events) == 1:
            raise RuntimeError("once")

    reports: list[str] = []
    runtime = LambdaRuntime(reports.append)
    function = Function("Recover", "recover", 5, {})
    runtime.register(function, failing_first)
    ticking = asyncio.create_task(run_schedule(Schedule(function, 60), runtime, 0.01))
    await eventually(lambda: len(events) >= 3)
    ticking.cancel()
    runtime.close()
    assert events[0]["detail-type"] == "Scheduled Event"
    assert reports == ["Recover failed: RuntimeError: once"]

from __future__ import annotations

import asyncio
import threading
from typing import Any

from local_dev.aws.lambda_runtime import THREADS, LambdaRuntime
from local_dev.aws.schedule import run_schedule
from local_dev.template.declarations import Function, Schedule
from tests.patience import PATIENCE_SECONDS, eventually


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


async def test_what_waited_is_looked_for_at_once_and_not_at_the_first_tick():
    runtime, called = LambdaRuntime(print), asyncio.Event()
    loop = asyncio.get_running_loop()
    function = Function("Recover", "recover", 5, {})
    runtime.register(function, lambda event, context: loop.call_soon_threadsafe(called.set))
    ticking = asyncio.create_task(run_schedule(Schedule(function, 3600), runtime))
    await asyncio.wait_for(called.wait(), PATIENCE_SECONDS)
    ticking.cancel()
    runtime.close()


async def test_a_function_that_hangs_in_all_its_calls_does_not_stop_another():
    runtime, go_on = LambdaRuntime(print), threading.Event()
    hanging, healthy = Function("Chat", "chat", 60, {}), Function("Health", "health", 60, {})
    runtime.register(hanging, lambda event, context: go_on.wait(60))
    runtime.register(healthy, lambda event, context: "OK")
    calls = [asyncio.create_task(runtime.invoke(hanging, {})) for _ in range(THREADS + 1)]
    assert await asyncio.wait_for(runtime.invoke(healthy, {}), PATIENCE_SECONDS) == "OK"
    go_on.set()
    await asyncio.gather(*calls)
    runtime.close()

"""A stand-in for EventBridge: it calls the functions that the template schedules, at their rate."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime
from itertools import chain, repeat
from typing import Any

from forge.models.timing import LEASE_MS, TAKEOVER_GRACE_MS
from local_dev.aws.lambda_runtime import FunctionFailed, FunctionTimedOut, LambdaRuntime, PayloadTooLarge
from local_dev.template.declarations import Schedule

EARLY_SECONDS = (0.0, (LEASE_MS + TAKEOVER_GRACE_MS) / 1000 + 1)
"""Pauses before the first calls. The first finds what waited before the start. The second finds the runs of a
killed worker whose message the queue lost, after their lease and the time for a redelivery have ended.
"""


async def run_schedule(schedule: Schedule, runtime: LambdaRuntime, seconds: float | None = None) -> None:
    """Call the function until cancelled. `seconds` replaces the template's rate; the next call waits for the end
    of the last one.
    """
    rate = seconds or schedule.seconds
    for pause in chain((min(each, rate) for each in EARLY_SECONDS), repeat(rate)):
        await asyncio.sleep(pause)
        try:
            await runtime.invoke(schedule.function, _event(schedule))
        except (FunctionFailed, FunctionTimedOut, PayloadTooLarge):
            continue  # the runtime has reported the error; the next call follows


def _event(schedule: Schedule) -> dict[str, Any]:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": "local",
        "resources": [f"arn:aws:events:local:000000000000:rule/{schedule.function.name}"],
        "detail": {},
    }

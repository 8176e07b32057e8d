"""How long tests wait, and how: for events, never for time.

The tests run on computers that may stop a process for seconds. A test limits its waits with these figures, which only
a failing test uses up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

PATIENCE_SECONDS = 120.0
PATIENCE_MS = 1_000 * PATIENCE_SECONDS
LOOK_SECONDS = 0.01


async def eventually(condition: Callable[[], Any]) -> Any:
    """What `condition` returns once it is true."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (value := condition()):  # noqa: ASYNC110  what it looks at tells nobody that it has changed
            await asyncio.sleep(LOOK_SECONDS)
    return value

"""Words at the pace of an LLM. This module imports nothing, so that a bare server can use it in measurements."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator

YIELD_EVERY = 32
"""Number of tokens between two turns of the event loop when the pace is unlimited."""


async def paced(first_ms: float, tokens: int, per_second: float) -> AsyncGenerator[str, None]:
    """Yield `t0000 t0001 …`, the first one after `first_ms`; with `per_second` 0 without any pause."""
    await asyncio.sleep(first_ms / 1000)
    began = time.monotonic()
    for i in range(tokens):
        if per_second:
            await asyncio.sleep(max(0.0, began + i / per_second - time.monotonic()))
        elif i % YIELD_EVERY == YIELD_EVERY - 1:
            await asyncio.sleep(0)
        yield f"t{i:04d} "

"""The event loop's sign of life: a file that it touches. `worker/operation/health_check.py` looks at it from outside.

A loop that hangs in one callback neither answers nor dies, so nobody else would notice.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from forge.observability import error_fields

logger = logging.getLogger(__name__)

BEAT_SECONDS = 2.0


async def beat(path: Path, seconds: float = BEAT_SECONDS) -> None:
    """Touch `path` for ever. A file that cannot be written is told of once, and costs no run."""
    is_told = False
    while True:
        try:
            path.touch()  # noqa: ASYNC240 - a file in memory
        except OSError as error:
            if not is_told:
                logger.warning("heartbeat not written", extra=error_fields(error))
            is_told = True
        await asyncio.sleep(seconds)

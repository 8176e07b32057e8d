"""The event loop's sign of life: it touches a file, which `worker/operation/health_check.py` checks from outside.

A loop that hangs in one callback neither answers nor ends, so nothing else would notice it.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from forge.observability import error_fields

logger = logging.getLogger(__name__)

BEAT_SECONDS = 2.0


async def beat(path: Path, seconds: float = BEAT_SECONDS) -> None:
    """Touch `path` without end. A file that cannot be written is logged once and does not disturb any run."""
    is_told = False
    while True:
        try:
            path.touch()  # noqa: ASYNC240 - a file in memory
        except OSError as error:
            if not is_told:
                logger.warning("heartbeat not written", extra=error_fields(error))
            is_told = True
        await asyncio.sleep(seconds)

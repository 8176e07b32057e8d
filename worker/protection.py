"""Scale-in protection: ECS does not stop a task whose runs would have to be handed over.

The agent's endpoint is `$ECS_AGENT_URI`, which ECS sets in the container; elsewhere there is nothing to protect from.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import aiohttp

logger = logging.getLogger(__name__)

PROTECTED_MINUTES = 30
"""It ends by itself, so a worker that is stuck does not block a deployment for ever."""
RENEW_SECONDS = 600.0
LOOK_SECONDS = 5.0


class Protection:
    """Asks for protection while `is_busy()`, and gives it up when it has been idle at two looks in a row."""

    def __init__(self, http: aiohttp.ClientSession, agent_uri: str) -> None:
        self._http, self._url = http, f"{agent_uri.rstrip('/')}/task-protection/v1/state"

    async def keep(self, is_busy: Callable[[], bool], look_seconds: float = LOOK_SECONDS) -> None:
        clock = asyncio.get_running_loop().time
        protected_at: float | None = None
        was_busy = False
        while True:
            busy = is_busy()
            if busy and (protected_at is None or clock() - protected_at > RENEW_SECONDS):
                protected_at = clock() if await self._set(enabled=True) else None
            elif protected_at is not None and not busy and not was_busy:
                protected_at = None if await self._set(enabled=False) else protected_at
            was_busy = busy
            await asyncio.sleep(look_seconds)

    async def _set(self, *, enabled: bool) -> bool:
        """Without protection a run is handed over like in any other stop: refusals are logged, nothing more."""
        body = {"ProtectionEnabled": enabled} | ({"ExpiresInMinutes": PROTECTED_MINUTES} if enabled else {})
        try:
            async with self._http.put(self._url, json=body) as response:
                if response.status < 400:
                    return True
                logger.warning("task protection refused", extra={"status": response.status})
        except (aiohttp.ClientError, TimeoutError) as error:
            logger.warning("task protection not set", extra={"reason": type(error).__name__})
        return False

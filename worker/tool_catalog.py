"""Publishes what the workers offer, so that the functions can answer for them."""

from __future__ import annotations

import asyncio
import logging

from forge.errors import StorageUnavailable
from forge.models.session import Catalog
from forge.observability import error_fields
from forge.ports.clock import Clock
from forge.ports.controls import Commands
from worker.agent.tools.toolbox import Toolbox
from worker.blocking_calls import Blocking

logger = logging.getLogger(__name__)

PUBLISH_SECONDS = 60.0
FRESH_MS = 150_000
"""A worker that has not published for this long has gone."""
_RETRY_SECONDS = 0.5
"""Pause after a failed publication, so that a worker is ready soon after its table becomes reachable."""


class Publisher:
    """Publishes at start and every minute. It also connects the MCP servers, and reconnects those that were
    unreachable.
    """

    def __init__(
        self,
        commands: Commands,
        toolbox: Toolbox,
        blocking: Blocking,
        clock: Clock,
        *,
        llm: str,
        missing_api_key: bool,
        notices: list[str],
        others_since: int = 0,
        started_at: int = 0,
    ) -> None:
        self._commands, self._toolbox, self._blocking = commands, toolbox, blocking
        self._clock, self._others_since, self._started_at = clock, others_since, started_at
        self._llm, self._missing_api_key, self._notices = llm, missing_api_key, notices
        self._catalog = self._current()
        self._pause = PUBLISH_SECONDS

    def catalog(self) -> Catalog:
        return self._catalog

    async def publish(self) -> None:
        await self._toolbox.refresh()
        self._catalog = self._current()
        try:
            if not (self._missing_api_key and await self._is_covered()):
                await self._blocking(self._commands.publish, self._catalog)
        except StorageUnavailable:
            self._pause = _RETRY_SECONDS
        else:
            self._pause = PUBLISH_SECONDS

    async def others_can_answer(self) -> bool:
        """While this worker has no key for its LLM, return whether another worker has one, for example during a
        deployment.
        """
        try:
            return await self._is_covered()
        except StorageUnavailable:
            return False

    async def _is_covered(self) -> bool:
        """Return whether a worker that can answer has published recently; its catalog then stays."""
        known = await self._blocking(self._commands.catalog)
        oldest = max(self._clock() - FRESH_MS + 1, self._others_since)
        fresh = known is not None and known.published_at >= oldest
        return known is not None and fresh and not known.missing_api_key

    async def keep_published(self) -> None:
        while True:
            await asyncio.sleep(self._pause)
            try:
                await self.publish()
            except Exception as error:  # noqa: BLE001  a failed call must not end the process that holds all runs
                logger.error("catalog not published", extra=error_fields(error))
                self._pause = _RETRY_SECONDS

    def _current(self) -> Catalog:
        return Catalog(
            llm=self._llm,
            missing_api_key=self._missing_api_key,
            tools=self._toolbox.tools,
            networks=list(self._toolbox.networks),
            notices=[*self._notices, *self._toolbox.notices],
            published_at=self._clock(),
            started_at=self._started_at,
        )

"""The place of an event stream among those that its caller may have open."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncGenerator

from forge.api import dependencies
from forge.errors import StorageUnavailable
from forge.observability import error_fields

logger = logging.getLogger(__name__)

RENEW_SECONDS = 60.0
KEPT_MS = 150_000
"""A process that dies keeps the places of its streams for that long."""


class StreamPlace:
    """Blocks. A caller without a name (this computer's own user) is not counted."""

    def __init__(self, payer: str) -> None:
        self._payer, self._name = payer, uuid.uuid4().hex
        self._renewed = time.monotonic()

    def open(self) -> None:
        """Raises `TooManyStreams`."""
        if self._payer:
            until = dependencies.now() + KEPT_MS
            dependencies.store().open_streams.open(self._payer, self._name, until)

    def stay(self) -> None:
        until = dependencies.now() + KEPT_MS
        dependencies.store().open_streams.stay(self._payer, self._name, until)

    def close(self) -> None:
        try:
            dependencies.store().open_streams.close(self._payer, self._name)
        except StorageUnavailable as error:
            logger.warning("stream not closed", extra=error_fields(error))

    async def holding(self, events: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
        """The events, while the place is kept; it is free when they end, whoever ends them."""
        if not self._payer:
            async for event in events:
                yield event
            return
        try:
            async for event in events:
                await self._keep()
                yield event
        finally:
            # Whoever has left is not waited for: their request is cancelled, and so would be what is awaited here.
            asyncio.get_running_loop().run_in_executor(None, self.close)

    async def _keep(self) -> None:
        """A stream says something every 15 s at least."""
        if time.monotonic() - self._renewed < RENEW_SECONDS:
            return
        self._renewed = time.monotonic()
        try:
            await asyncio.to_thread(self.stay)
        except StorageUnavailable as error:
            logger.warning("stream not renewed", extra=error_fields(error))

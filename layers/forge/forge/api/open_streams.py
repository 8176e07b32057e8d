"""An event stream's place among those that its caller may have open, and its charges while it runs."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections import Counter
from collections.abc import AsyncGenerator

from forge.api import dependencies
from forge.api.entry.request_payer import charge_bytes
from forge.errors import RateLimited, StorageUnavailable
from forge.models.request_prices import ANSWER_BYTES, EVENT_BYTES
from forge.observability import error_fields

logger = logging.getLogger(__name__)

RENEW_SECONDS = 60.0
AT_EASE = 10
KEPT_MS = 150_000
"""If a process dies, the places of its streams stay taken for this long."""
_in_process: Counter[str] = Counter()
"""The open streams of each caller in this process. All of them run in one event loop."""


class StreamPlace:
    """Take the place. Blocks. A caller without a payer (the user of this computer) is not counted."""

    def __init__(self, payer: str) -> None:
        self._payer, self._name = payer, uuid.uuid4().hex
        self._renewed = time.monotonic()
        self._owed = 0

    def slowness(self) -> float:
        """Return the factor for the pauses between reads: a caller's many streams in one process together read as
        often as a few.
        """
        return max(1.0, _in_process[self._payer] / AT_EASE) if self._payer else 1.0

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
        """Yield the events while the place is taken; the place is released when they end, for whatever reason."""
        if not self._payer:
            async for event in events:
                yield event
            return
        _in_process[self._payer] += 1
        try:
            async for event in events:
                await self._keep()
                yield event
                if refused := await self._charge(len(event)):
                    yield f"retry: {round(refused.retry_after * 1_000)}\n\n".encode()
                    await events.aclose()
                    return
        finally:
            self._forget()
            # The release runs in a thread that nobody awaits, because a client that disconnects cancels what its
            # request awaits.
            asyncio.get_running_loop().run_in_executor(None, self.close)

    def _forget(self) -> None:
        _in_process[self._payer] -= 1
        if not _in_process[self._payer]:
            del _in_process[self._payer]

    async def _charge(self, size: int) -> RateLimited | None:
        """Return the error if the caller has exceeded their rate, else None."""
        self._owed += max(size, EVENT_BYTES)
        if self._owed < ANSWER_BYTES:
            return None
        owed, self._owed = self._owed, self._owed % ANSWER_BYTES
        try:
            await asyncio.to_thread(charge_bytes, self._payer, owed)
        except RateLimited as refused:
            return refused
        return None

    async def _keep(self) -> None:
        """Renew the place when it is due. The stream yields at least every 15 s, which is often enough for this
        check.
        """
        if time.monotonic() - self._renewed < RENEW_SECONDS:
            return
        self._renewed = time.monotonic()
        try:
            await asyncio.to_thread(self.stay)
        except StorageUnavailable as error:
            logger.warning("stream not renewed", extra=error_fields(error))

"""The store and the queue block, so their calls run in threads of their own, which nothing else can use up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import ParamSpec, TypeVar

from forge.backoff import pauses
from forge.errors import StorageUnavailable

logger = logging.getLogger(__name__)

_RETRY_SECONDS = 4.0
"""How long a call is repeated. A queue message may become visible meanwhile; its run's lease decides what happens
then.
"""

P = ParamSpec("P")
R = TypeVar("R")


class Blocking:
    def __init__(self, size: int) -> None:
        self._executor = ThreadPoolExecutor(size, thread_name_prefix="blocking")
        self._apart: list[Blocking] = []

    def apart(self, size: int) -> Blocking:
        """Return other threads, for calls that must not wait behind the calls made here. `close` closes them too."""
        self._apart.append(Blocking(size))
        return self._apart[-1]

    async def __call__(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """The caller decides what a `StorageUnavailable` means; here it is logged for the operator."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._executor, partial(call, *args, **kwargs))
        except StorageUnavailable as error:
            logger.warning("storage failed", extra={"operation": _name(call), "reason": error.detail})
            raise

    async def retry(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | None:
        """Repeat the call for about 4 s while the storage is unreachable. Return None if it still is."""
        for pause in pauses(0.2, longest=2.0, seconds=_RETRY_SECONDS):
            with suppress(StorageUnavailable):
                return await self(call, *args, **kwargs)
            await asyncio.sleep(pause)
        with suppress(StorageUnavailable):
            return await self(call, *args, **kwargs)
        return None

    def close(self) -> None:
        for each in self._apart:
            each.close()
        self._executor.shutdown(wait=False, cancel_futures=True)


def _name(call: Callable[..., object]) -> str:
    """Return the name of the outermost function, because that name says what the call was for."""
    return getattr(call, "__qualname__", type(call).__name__).partition(".<locals>")[0]

"""`@connections`: signed POST requests over persistent connections. Each costs a tenth of the time that boto3 takes."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from forge.aws.sigv4 import RequestSigner
from forge.errors import ConnectionGone, StorageUnavailable
from worker.push.post_pool import PostPool

_SERVICE = "execute-api"


class Credentials(Protocol):
    """botocore's credentials, including those that refresh themselves."""

    def get_frozen_credentials(self) -> Any: ...


class SignedConnections:
    """`endpoint`: `https://{api}.execute-api.{region}.amazonaws.com/{stage}`."""

    def __init__(self, endpoint: str, region: str, credentials: Credentials) -> None:
        self._credentials = credentials
        self._path = f"{urlsplit(endpoint).path.rstrip('/')}/@connections/"
        self._pool = PostPool(endpoint)
        self._signer = RequestSigner(endpoint, region, _SERVICE)

    async def post(self, connection_id: str, frame: bytes) -> None:
        """Raises `ConnectionGone` (410) and `StorageUnavailable` (throttled, 5xx, unreachable)."""
        path = self._path + _encoded(connection_id)
        headers = self._signer.headers(path, frame, await self._frozen())
        try:
            status = await self._pool.post(path, headers, frame)
        except OSError as error:
            raise StorageUnavailable("The WebSocket API is out of reach.", retry_after=1) from error
        _check(status, connection_id)

    async def close(self) -> None:
        await self._pool.close()

    async def _frozen(self) -> Any:
        """Refreshing calls the container's metadata endpoint, so it must not run on the event loop."""
        if getattr(self._credentials, "refresh_needed", lambda: False)():
            return await asyncio.to_thread(self._credentials.get_frozen_credentials)
        return self._credentials.get_frozen_credentials()


@lru_cache(maxsize=1_024)
def _encoded(connection_id: str) -> str:
    return quote(connection_id, safe="")


def _check(status: int, connection_id: str) -> None:
    if status == 410:
        raise ConnectionGone(connection_id)
    if status >= 400:
        raise StorageUnavailable(f"The WebSocket API answered {status}.", retry_after=1)

"""The HTTP requests: URLs, credentials, safe retries, and problem documents as exceptions."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import httpx

from forge_client.answers import Ticket
from forge_client.backoff import Backoff
from forge_client.errors import ForgeClientError, Unreachable, problem_error, reason_of

Token = str | Callable[[], str]
"""A bearer token, or a function that returns a fresh one each time it is needed."""

ATTEMPTS = 4
LONGEST_WAIT = 10.0
"""Longest `Retry-After`, in seconds, for which a retry waits."""

_TRY_AGAIN = frozenset({502, 503, 504})


class Endpoint:
    """One forge-mcp server with one caller's credentials. Close it with `aclose`."""

    def __init__(self, base_url: str, token: Token | None = None) -> None:
        host = host_of(base_url)
        self.base_url = base_url.rstrip("/")
        self.is_local = _is_loopback(host)
        self._token = token
        self._http = httpx.AsyncClient(
            base_url=self.base_url,
            timeout=httpx.Timeout(35.0, connect=5.0),
            trust_env=not self.is_local,
        )

    async def aclose(self) -> None:
        await self._http.aclose()

    def authorization(self) -> dict[str, str]:
        if self._token is None:
            return {}
        token = self._token if isinstance(self._token, str) else self._token()
        return {"Authorization": f"Bearer {token}"}

    async def ticket(self, session_id: str) -> Ticket | None:
        """Return a fresh ticket if a token is needed."""
        if self._token is None:
            return None
        response = await self.request("POST", "/api/ticket", json={"session_id": session_id})
        return Ticket.model_validate_json(response.content)

    def socket_url(self, session_id: str, ticket: Ticket | None = None) -> str:
        query = {"session_id": session_id} | ({"ticket": ticket.ticket} if ticket else {})
        parts = urlsplit(self.base_url)
        scheme = "wss" if parts.scheme == "https" else "ws"
        return urlunsplit((scheme, parts.netloc, f"{parts.path}/ws", urlencode(query), ""))

    def open_stream(self, session_id: str, silence: float) -> httpx.Request:
        """Build the request of the SSE stream for `send_stream`; the stream is closed after `silence` seconds
        without data.
        """
        return self._http.build_request(
            "GET",
            "/api/chat/stream",
            params={"session_id": session_id},
            headers={"Accept": "text/event-stream", **self.authorization()},
            timeout=httpx.Timeout(silence, connect=5.0),
        )

    async def send_stream(self, request: httpx.Request) -> httpx.Response:
        """Return the open response, which the caller must close. Raises `ProblemError`, `Unreachable`."""
        self._check_open()
        try:
            response = await self._http.send(request, stream=True)
            if response.is_error:
                await response.aread()
        except httpx.TransportError as error:
            raise Unreachable(self.base_url, reason_of(error)) from error
        if response.is_error:
            raise problem_error(response, time.time())
        return response

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
    ) -> httpx.Response:
        """Return a successful response. Only a `repeatable` request is retried if it is unknown whether the server
        got it.

        Raises `ProblemError`, `Unreachable`.
        """
        backoff = Backoff(first=0.2, cap=2.0)
        while True:
            self._check_open()
            may_retry = repeatable and backoff.failures < ATTEMPTS - 1
            try:
                response = await self._http.request(
                    method,
                    path,
                    params=params,
                    json=json,
                    headers={**self.authorization(), **(headers or {})},
                )
            except httpx.TransportError as error:
                if not (
                    may_retry or (isinstance(error, httpx.ConnectError) and backoff.failures < ATTEMPTS - 1)
                ):
                    raise Unreachable(self.base_url, reason_of(error)) from error
                await asyncio.sleep(backoff.next())
                continue
            if not response.is_error:
                return response
            problem = problem_error(response, time.time())
            if not may_retry or response.status_code not in _TRY_AGAIN:
                raise problem
            wait = max(backoff.next(), problem.retry_after or 0.0)
            if wait > LONGEST_WAIT:
                raise problem
            await asyncio.sleep(wait)

    def _check_open(self) -> None:
        if self._http.is_closed:
            raise ForgeClientError("The client was closed.")


def host_of(base_url: str) -> str:
    """Return the server's host. Raises `ValueError` for every URL that no request can be made to."""
    with contextlib.suppress(ValueError, httpx.InvalidURL):
        parts = urlsplit(base_url)
        is_usable = parts.scheme in {"http", "https"} and parts.port != 0 and httpx.URL(base_url).host
        if is_usable and parts.hostname:
            return parts.hostname
    raise ValueError(f"{base_url!r} is not an http:// or https:// URL")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

"""One HTTP client for all web APIs: timeouts, retries with back-off, and a check of each redirect."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp
from pydantic import BaseModel, ValidationError
from yarl import URL

from forge.backoff import pauses
from worker.json_text import read_json
from worker.mcp_servers.web.egress import Egress, EgressRefused, guarded_connector
from worker.retry_after import LIMITED_SECONDS, seconds_of
from worker.tool_outcomes import ToolRefused

ATTEMPTS = 3
FIRST_PAUSE_SECONDS = 0.8
LONGEST_PAUSE_SECONDS = 5.0
REQUEST_SECONDS = 15.0
LARGEST_BYTES = 4_000_000
MOST_REDIRECTS = 3


class ApiFailed(ToolRefused):
    """The API gave no usable answer. `status` is the HTTP status, or 0 if there was no response."""

    def __init__(self, api: str, reason: str, status: int = 0, body: Any = None) -> None:
        self.status = status
        self.body = body
        super().__init__(f"{api} {reason}.")


@dataclass(frozen=True, slots=True)
class ApiPacing:
    """The pauses between attempts in seconds."""

    first_pause: float = FIRST_PAUSE_SECONDS
    """The limit of the pause before the second attempt; that of the third is three times as long."""
    limited_pause: float = LIMITED_SECONDS
    """The least pause after "too many requests" if the API names none."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_passing_failure(self) -> bool:
        return self.status == 429 or self.status >= 500

    def json(self) -> Any:
        """Return None if the body is not JSON."""
        try:
            return read_json(self.body)
        except ValueError:
            return None


M = TypeVar("M", bound=BaseModel)


def parse(api: str, form: type[M], content: Any) -> M:
    """Return an API's answer in the form that its documentation describes. Raises `ApiFailed`."""
    try:
        return form.model_validate(content)
    except ValidationError as error:
        raise ApiFailed(api, "answered in an unexpected form") from error


Busy = Callable[[Any], bool]


def _never(_: Any) -> bool:
    return False


class ApiClient:
    """GETs JSON from one API, which messages call `api`. URLs and headers contain keys, so they are never shown."""

    def __init__(
        self,
        api: str,
        base_url: str,
        egress: Egress,
        *,
        headers: Mapping[str, str] | None = None,
        pacing: ApiPacing | None = None,
    ) -> None:
        self._api = api
        self._base = URL(base_url)
        self._egress = egress
        self._pacing = pacing or ApiPacing()
        self._headers = {"Accept": "application/json", "User-Agent": "forge-mcp", **(headers or {})}
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def get(self, path: str, parameters: Mapping[str, str], *, is_busy: Busy = _never) -> Any:
        """Return the JSON of a 2xx answer. `is_busy` recognises a 200 that means "too many requests". Raises
        `ApiFailed`.
        """
        url = self._base.joinpath(path.lstrip("/")) if path else self._base
        attempts = pauses(self._pacing.first_pause, growth=3, tries=ATTEMPTS)
        while True:
            pause = next(attempts, None)
            answer = await self._attempt(url.update_query(parameters), is_last=pause is None)
            content = answer.json() if answer else None
            if answer and not answer.is_passing_failure and not is_busy(content):
                return self._content(answer, content)
            if answer and pause is None:
                raise ApiFailed(self._api, _failure(answer.status), answer.status, content)
            is_limited = answer is not None and (answer.status == 429 or is_busy(content))
            await asyncio.sleep(self._pause(answer, pause or 0.0, is_limited=is_limited))

    async def close(self) -> None:
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            await session.close()

    async def _attempt(self, url: URL, *, is_last: bool) -> _Answer | None:
        """Return None if the connection failed and another attempt may succeed."""
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                return await self._follow(url)
        except TimeoutError:
            reason = f"did not answer within {REQUEST_SECONDS:g} s"
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, EgressRefused):
                raise ApiFailed(self._api, _refused(error.host)) from None
            reason = "is out of reach"
        except (aiohttp.ClientError, OSError) as error:
            reason = f"is out of reach ({type(error).__name__})"
        if is_last:
            raise ApiFailed(self._api, reason)
        return None

    async def _follow(self, url: URL) -> _Answer:
        """Redirects are followed only within the same origin, because keys are sent with the request."""
        for _ in range(MOST_REDIRECTS + 1):
            async with self._session(url).get(url, headers=self._headers, allow_redirects=False) as response:
                location = response.headers.get("Location")
                if response.status not in {301, 302, 303, 307, 308} or location is None:
                    return _Answer(response.status, response.headers, await self._read(response))
            target = url.join(URL(location))
            if target.origin() != url.origin():
                raise ApiFailed(self._api, f"redirects to {target.host}, which is not followed")
            url = target
        raise ApiFailed(self._api, "redirects without end")

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for piece in response.content.iter_chunked(65_536):
            body += piece
            if len(body) > LARGEST_BYTES:
                raise ApiFailed(self._api, f"answered with more than {LARGEST_BYTES} bytes; ask for less")
        return bytes(body)

    def _session(self, url: URL) -> aiohttp.ClientSession:
        trusted = self._egress.is_trusted(url)
        if trusted not in self._sessions:
            connector = aiohttp.TCPConnector(limit=32) if trusted else guarded_connector()
            self._sessions[trusted] = aiohttp.ClientSession(connector=connector)
        return self._sessions[trusted]

    def _content(self, answer: _Answer, content: Any) -> Any:
        if answer.status >= 400:
            reason = f"refused the request (HTTP {answer.status})"
            raise ApiFailed(self._api, reason, answer.status, content)
        if content is None:
            raise ApiFailed(self._api, "did not answer with JSON", answer.status)
        return content

    def _pause(self, answer: _Answer | None, pause: float, *, is_limited: bool) -> float:
        """Return `pause` after what the API asks for."""
        wanted = seconds_of(answer.headers.get("Retry-After")) if answer else None
        if wanted is None:
            wanted = self._pacing.limited_pause if is_limited else 0.0
        if wanted > LONGEST_PAUSE_SECONDS:
            raise ApiFailed(self._api, f"is busy: try again in {wanted:g} s", answer.status if answer else 0)
        return wanted + pause


def _failure(status: int) -> str:
    return f"failed with HTTP {status}" if status >= 500 else "is busy: too many requests, try again later"


def _refused(host: str) -> str:
    return (
        f"is at {host}, a private address, and tools may connect to public ones only. The operator can allow it "
        "with FORGE_EGRESS_HOSTS or FORGE_ALLOW_PRIVATE_EGRESS"
    )

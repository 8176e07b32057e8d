"""Speaks to a server over streamable HTTP or SSE, within its origin, and detects answers that are not MCP."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any, Unpack, cast

import httpx2
from fastmcp.client.transports import ClientTransport
from fastmcp.client.transports.base import SessionKwargs, TransportOptions
from mcp import ClientSession
from mcp.client.sse import sse_client
from mcp.client.streamable_http import MCP_SESSION_ID, streamable_http_client
from mcp_types import JSONRPCError, jsonrpc_message_adapter
from pydantic_core import from_json

from worker.agent.tools.external.config import ServerConfig
from worker.agent.tools.external.json_repair import repaired
from worker.agent.tools.external.largest_answer import LARGEST_ANSWER
from worker.agent.tools.external.odd_bodies import body_in_usual_form, end_of_events, events_in_usual_form
from worker.agent.tools.external.relaying_session import relaying
from worker.agent.tools.external.server_observations import Answer, Witness, current
from worker.agent.tools.external.tool_listing import TolerantStream

_MESSAGES = ("application/json", "text/event-stream")
_OF_THE_BODY = frozenset({"content-length", "content-encoding", "content-type"})
"""Headers that are not true of a body that was read and repaired."""
_JSON = re.compile(r"[^;]*[/+](?:x-)?json\s*(?:;|$)", re.IGNORECASE)
"""Also `text/json` and types such as `application/vnd.mcp+json`."""
_SAYS_NOTHING = frozenset({"", "text/plain", "application/octet-stream"})
"""Types that programs send which set none, so the body is read as a message."""
_asked: ContextVar[int | str | None] = ContextVar("asked", default=None)
"""The id of the request that a task has sent. It takes its stream up again by a request without an id."""
_LAST_EVENT = "last-event-id"
"""The header of a request that takes up a stream that ended without an answer."""
_RECONNECT_SECONDS = 0.2
"""Pause before a stream is taken up again. The server chooses the client's pause, and may choose none."""
_TIMEOUT = httpx2.Timeout(30.0, read=3600.0)
"""Time limit of one request. Whoever waits for a call or a start keeps its deadline."""


class Http(ClientTransport):
    """Listing the tools fills `refused`; answers that are not MCP and come outside of a call go to `seen`."""

    def __init__(self, config: ServerConfig, refused: dict[str, str], seen: Witness) -> None:
        self._config = config
        self._refused = refused
        self._seen = seen
        self.legacy_only = config.transport == "sse"

    @asynccontextmanager
    async def connect_session(
        self, *, transport_options: TransportOptions | None = None, **session_kwargs: Unpack[SessionKwargs]
    ) -> AsyncGenerator[ClientSession]:
        session_class = relaying(transport_options)
        async with self._streams() as (read, write):
            stream: Any = TolerantStream(read, self._refused)
            # pyrefly: ignore[open-unpacking]  the library never declares its TypedDict closed
            async with session_class(stream, write, **session_kwargs) as session:
                yield session

    @asynccontextmanager
    async def _streams(self) -> AsyncGenerator[tuple[Any, Any]]:
        url = self._config.url or ""
        if self._config.transport == "sse":
            async with sse_client(url, httpx_client_factory=cast("Any", self._client)) as streams:
                yield streams
            return
        async with (
            self._client() as client,
            streamable_http_client(url, http_client=client, max_sse_event_size=LARGEST_ANSWER) as streams,
        ):
            yield streams

    def _client(self, **_: Any) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            headers={"Accept-Encoding": "identity", **self._config.headers},
            timeout=_TIMEOUT,
            transport=Repairing(self._seen),
            event_hooks={"request": [self._stay], "response": [self._look]},
        )

    async def _stay(self, request: httpx2.Request) -> None:
        """Headers are sent only within the configured origin, and no other origin is contacted."""
        if _origin(request.url) != _origin(httpx2.URL(self._config.url or "")):
            raise httpx2.RequestError("redirected to another origin", request=request)

    async def _look(self, response: httpx2.Response) -> None:
        if answer := await _unlike_mcp(response):
            (current() or self._seen).answers.append(answer)


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


async def _unlike_mcp(response: httpx2.Response) -> Answer | None:
    """Record an error status, a redirect or a page. The stream that a server may open by GET is optional."""
    if response.request.method != "POST" and response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return None
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    had_session = MCP_SESSION_ID in response.request.headers
    if response.has_redirect_location:
        host = response.url.join(response.headers["location"]).host
        return Answer(response.status_code, "redirect", host=host, had_session=had_session)
    if response.is_error:
        return Answer(
            response.status_code,
            "status",
            retry_after=response.headers.get("retry-after", "")[:40],
            code=await _error_code(response) if kind == _MESSAGES[0] else None,
            had_session=had_session,
        )
    if response.status_code != HTTPStatus.OK and _awaits_an_answer(response.request):
        return Answer(response.status_code, "status", had_session=had_session)
    is_page = kind not in _MESSAGES and response.status_code == HTTPStatus.OK
    if is_page and response.request.method in ("POST", "GET"):
        return Answer(response.status_code, "web page", had_session=had_session)
    return None


def _awaits_an_answer(request: httpx2.Request) -> bool:
    return _id_of(request) is not None


def _id_of(request: httpx2.Request) -> int | str | None:
    return from_json(request.content).get("id") if request.method == "POST" else None


def _kind_of_message(content_type: str) -> str:
    """Return the usual type of a message or of a stream of messages; empty for any other type."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind in _SAYS_NOTHING or _JSON.match(content_type):
        return _MESSAGES[0]
    return _MESSAGES[1] if kind == _MESSAGES[1] else ""


async def _error_code(response: httpx2.Response) -> int | None:
    try:
        message = jsonrpc_message_adapter.validate_json(await response.aread(), by_name=False)
    except (ValueError, httpx2.HTTPError):
        return None
    return message.error.code if isinstance(message, JSONRPCError) else None


class Repairing(httpx2.AsyncBaseTransport):
    """Pass on messages up to the maximum size, repaired by `repaired` and in their usual form."""

    def __init__(self, seen: Witness) -> None:
        self._seen = seen
        self._inner = httpx2.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "POST":
            _asked.set(_id_of(request))
        is_resumed = _LAST_EVENT in request.headers
        if is_resumed:
            await asyncio.sleep(_RECONNECT_SECONDS)
        response = await self._inner.handle_async_request(request)
        kind = _kind_of_message(response.headers.get("content-type", ""))
        if not kind:
            return response
        asked = _asked.get() if is_resumed or request.method == "POST" else None
        kept = [(k, v) for k, v in response.headers.multi_items() if k.lower() not in _OF_THE_BODY]
        return httpx2.Response(
            response.status_code,
            headers=[*kept, ("content-type", kind)],
            stream=_Repaired(response, self._seen, asked, is_whole=kind == _MESSAGES[0]),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Repaired(httpx2.AsyncByteStream):
    """`is_whole`: the body is one message, not a stream of events. `asked`: the id of the request.

    Some servers compress although they are asked not to. The size is that of what is read, because a few bytes may
    become any number of them.
    """

    def __init__(
        self, response: httpx2.Response, seen: Witness, asked: int | str | None, *, is_whole: bool
    ) -> None:
        self._response = response
        self._asked = asked
        self._seen = seen
        self._status = response.status_code
        self._is_whole = is_whole

    async def __aiter__(self) -> AsyncIterator[bytes]:
        rest = bytearray()
        async for chunk in self._response.aiter_bytes():
            start = len(rest)
            rest += chunk
            if len(rest) > LARGEST_ANSWER:
                (current() or self._seen).answers.append(Answer(self._status, "too large"))
                raise httpx2.StreamError("the answer is too large")
            if not self._is_whole and (end := end_of_events(rest, start)):
                yield self._usual(bytes(rest[:end]))
                del rest[:end]
        if rest:
            yield self._usual(bytes(rest))

    def _usual(self, text: bytes) -> bytes:
        """Only an answer counts as a message."""
        if self._status != HTTPStatus.OK:
            return repaired(text)
        usual = body_in_usual_form if self._is_whole else events_in_usual_form
        return usual(text, self._asked)

    async def aclose(self) -> None:
        await self._response.aclose()

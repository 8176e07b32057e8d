"""Following a session by server-sent events where a WebSocket is blocked. Each event is the whole state."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
from pydantic import ValidationError

from forge_client.conversation import Conversation
from forge_client.frames import State
from forge_client.http_requests import Endpoint
from forge_client.pace import Pace
from forge_client.reduce import Frame


async def follow_stream(
    endpoint: Endpoint,
    session_id: str,
    pace: Pace,
    read: Callable[[], Conversation],
    receive: Callable[[Frame], None],
) -> None:
    """Return when the stream has ended, or after `pace.sse_for`, so that a WebSocket can be tried again.

    Raises `ProblemError`, `Unreachable`, `httpx.TransportError`.
    """
    request = endpoint.open_stream(session_id, pace.sse_silence)
    response = await endpoint.send_stream(request)
    try:
        async with asyncio.timeout(pace.sse_for):
            async for data in _events(response):
                _receive_state(data, receive)
                if read().doubted and not read().expired:
                    answer = await endpoint.request("GET", "/api/state", params={"session_id": session_id})
                    _receive_state(answer.text, receive)
    except TimeoutError:
        return
    finally:
        await response.aclose()


def _receive_state(data: str, receive: Callable[[Frame], None]) -> None:
    try:
        state = State.model_validate_json(data)
    except ValidationError:
        return
    receive(state)


async def _events(response: httpx.Response) -> AsyncIterator[str]:
    """Yield the `data` of each event; comments (heartbeats), ids and names are not used."""
    lines: list[str] = []
    async for line in response.aiter_lines():
        if line.startswith("data:"):
            lines.append(line[5:].removeprefix(" "))
        elif not line and lines:
            yield "\n".join(lines)
            lines = []

"""Limits the concurrent requests of each caller, so that other callers are served in the meantime.

The gateway is one process, so the work for one request delays all others. A caller's requests beyond a few therefore
wait in a queue of their own, and still more are refused before anything looks at them. A request is in progress until
its answer begins, so an open stream or socket holds no turn. A refused request keeps its turn for a while, and one
that does not even enter the queue is answered late, so that a caller who retries at once is slowed down. The user of
this computer is not counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from local_dev.http_server.answer import Answer
from local_dev.http_server.asgi import refuse, stranger

IN_PROGRESS = 8
WAITING = 100
HELD_SECONDS = 1.0
REFUSALS = frozenset({401, 403, 429})
_BEGINS = (
    "http.response.start",
    "websocket.accept",
    "websocket.close",
    "websocket.http.response.start",
)
_CROWD = Answer(
    429,
    b'{"message":"Too many requests of this address are waiting"}',
    [("content-type", "application/json"), ("retry-after", "1")],
)


@dataclass
class _Line:
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(IN_PROGRESS))
    callers: int = 0


async def _held() -> None:
    await asyncio.sleep(HELD_SECONDS)


class Turns:
    """An application around the gateway and behind the front, which identifies the caller of a request."""

    def __init__(self, app: ASGIApp, pause: Callable[[], Coroutine[Any, Any, None]] = _held) -> None:
        self._app, self._pause = app, pause
        self._lines: dict[str, _Line] = {}
        self._holding: set[asyncio.Future[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller = stranger(scope)
        if caller is None:
            await self._app(scope, receive, send)
        elif caller in self._lines and self._lines[caller].callers >= IN_PROGRESS + WAITING:
            await self._pause()
            await refuse(scope, receive, send, _CROWD)
        else:
            await self._in_turn(caller, scope, receive, send)

    async def _in_turn(self, caller: str, scope: Scope, receive: Receive, send: Send) -> None:
        line = self._lines.setdefault(caller, _Line())
        line.callers += 1
        with ExitStack() as turn:
            turn.callback(self._leave, caller, line)
            await line.places.acquire()
            turn.callback(line.places.release)

            async def watched(message: Message) -> None:
                if message["type"] in _BEGINS:
                    self._end(turn.pop_all(), message.get("status"))
                await send(message)

            await self._app(scope, receive, watched)

    def _end(self, turn: ExitStack, status: int | None) -> None:
        if status not in REFUSALS:
            turn.close()
            return
        holding = asyncio.create_task(self._pause(), name="refused request")
        self._holding.add(holding)

        def over(_: asyncio.Future[None]) -> None:
            self._holding.discard(holding)
            turn.close()

        holding.add_done_callback(over)

    def _leave(self, caller: str, line: _Line) -> None:
        line.callers -= 1
        if not line.callers:
            del self._lines[caller]

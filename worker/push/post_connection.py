"""One connection of the pool: one write and one read for each request, which has a time limit."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import cast

from forge.aws.http_answer import Answer, BadAnswer, answer_in

SHORT = 512
"""Bytes up to which a response is remembered, so that the same one is not parsed again."""


class Unanswered(ConnectionError):
    """The connection ended before any part of a response came."""


class PostConnection(asyncio.Protocol):
    """A connection handles one request at a time."""

    def __init__(self) -> None:
        self.is_over = False
        self.idle_since = 0.0
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Answer] | None = None
        self._data = b""
        self._due: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def exchange(self, request: bytes, due: float) -> Answer:
        """Close the connection on any error or interruption, because a late response would be taken for the
        response to the next request. `due`: the time of the event loop until which the response must be there.
        """
        if self._transport is None or self.is_over or self._transport.is_closing():
            raise Unanswered
        loop = asyncio.get_running_loop()
        self._waiting = loop.create_future()
        self._end_at(due)
        try:
            self._transport.write(request)
            return await self._waiting
        except BaseException:
            self.abort()
            raise
        finally:
            self._due, self._waiting, self._data = None, None, b""

    def abort(self) -> None:
        self.is_over = True
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._waiting is None or self._waiting.done():  # no request is open
            self.abort()
            return
        self._data += data
        self._look(is_ended=False)

    def eof_received(self) -> None:
        """Returning None closes the transport."""
        self.is_over = True
        self._look(is_ended=True)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_over = True
        self._stop_timer()
        self._fail(exc)

    def _end_at(self, due: float) -> None:
        """The timer is not moved for each request, which would cost as much as sending it. When it fires, it looks
        at the request that is open then.
        """
        self._due = due
        if self._timer is None or due < self._timer.when():
            self._stop_timer()
            self._timer = asyncio.get_running_loop().call_at(due, self._look_at_time)

    def _look_at_time(self) -> None:
        self._timer = None
        if self._due is None or self._waiting is None or self._waiting.done():
            return
        if asyncio.get_running_loop().time() < self._due:
            self._end_at(self._due)
        else:
            self._waiting.set_exception(TimeoutError())

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self, *, is_ended: bool) -> None:
        waiting = self._waiting
        if waiting is None or waiting.done():
            return
        try:
            answer = _begun(self._data) if not is_ended else answer_in(self._data, is_ended=True)
        except BadAnswer as error:
            waiting.set_exception(error)
            return
        if answer is not None:
            waiting.set_result(answer)

    def _fail(self, cause: Exception | None) -> None:
        if self._waiting is None or self._waiting.done():
            return
        error = BadAnswer("the connection ended in the middle of an answer") if self._data else Unanswered()
        error.__cause__ = cause
        self._waiting.set_exception(error)


def _begun(data: bytes) -> Answer | None:
    """The answers to frames are short, and often the same."""
    return _short(data) if len(data) <= SHORT else answer_in(data)


@lru_cache(maxsize=16)
def _short(data: bytes) -> Answer | None:
    return answer_in(data)

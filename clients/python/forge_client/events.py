"""The events of `ForgeClient.events()`, and how several listeners follow one client."""

from __future__ import annotations

import asyncio
import weakref
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal

from forge_client.conversation import Conversation
from forge_client.frames import ErrorFrame

Status = Literal["connecting", "websocket", "sse", "offline", "closed"]


@dataclass(frozen=True, slots=True)
class Updated:
    """The conversation changed. A slow listener gets only the newest of several changes."""

    conversation: Conversation
    """The conversation after the change."""


@dataclass(frozen=True, slots=True)
class ConnectionChanged:
    """The live connection has another status; the client keeps trying after `offline`."""

    status: Status
    """`websocket` and `sse` follow the session live; `closed` is the last status of a client."""
    detail: str = ""
    """The reason for `offline` in words; else empty."""
    refused_with: int | None = None
    """The HTTP status with which the server refused to be followed; None if it was not reached, or else."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The server refused a frame of this client; no data is lost."""

    frame: ErrorFrame
    """The server's answer, with the reason."""


Event = Updated | ConnectionChanged | Refused


class Listener:
    """An endless iterator of events, until the client closes."""

    def __init__(self, first: list[Event]) -> None:
        self._events: deque[Event] = deque(first)
        self._arrived = asyncio.Event()
        self._ended = False
        self._error: BaseException | None = None

    def add(self, event: Event) -> None:
        if isinstance(event, Updated) and self._events and isinstance(self._events[-1], Updated):
            self._events.pop()
        self._events.append(event)
        self._arrived.set()

    def end(self, error: BaseException | None) -> None:
        self._ended, self._error = True, error
        self._arrived.set()

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        while not self._events:
            if self._ended:
                raise self._error or StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        return self._events.popleft()


class Listeners:
    """The current listeners. A listener that is garbage-collected is removed."""

    def __init__(self) -> None:
        self._listeners: weakref.WeakSet[Listener] = weakref.WeakSet()

    def join(self, first: list[Event]) -> Listener:
        listener = Listener(first)
        self._listeners.add(listener)
        return listener

    def tell(self, event: Event) -> None:
        for listener in list(self._listeners):
            listener.add(event)

    def end(self, error: BaseException | None = None) -> None:
        for listener in list(self._listeners):
            listener.end(error)

"""The live connection, which keeps trying: WebSocket first, SSE if that is blocked, with growing pauses in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from forge_client.backoff import Backoff
from forge_client.conversation import Conversation
from forge_client.errors import ForgeClientError, ProblemError, reason_of
from forge_client.events import ConnectionChanged, Status
from forge_client.http_requests import Endpoint
from forge_client.pace import Pace
from forge_client.reduce import Frame
from forge_client.stream import follow_stream
from forge_client.websocket import SocketFollower

_BROKEN = (OSError, WebSocketException, httpx.TransportError, ForgeClientError)


class LiveConnection:
    """`run` follows one session until it is cancelled and reports its status."""

    def __init__(
        self,
        endpoint: Endpoint,
        session_id: str,
        pace: Pace,
        read: Callable[[], Conversation],
        receive: Callable[[Frame], None],
        tell: Callable[[ConnectionChanged], None],
    ) -> None:
        self._endpoint = endpoint
        self._session_id = session_id
        self._pace = pace
        self._read = read
        self._receive = receive
        self._tell = tell
        self._backoff = Backoff(first=pace.backoff_first, cap=pace.backoff_cap)
        self._way: Status = "websocket"
        self._heard_at: float | None = None
        self._refused_with: int | None = None
        self._failed_dials = 0

    async def run(self) -> None:
        while True:
            self._tell(ConnectionChanged("connecting"))
            self._heard_at = None
            self._refused_with = None
            reason = await self._follow()
            lived = 0.0 if self._heard_at is None else self._now() - self._heard_at
            if lived >= self._pace.proven:
                self._backoff.reset()
            if reason or lived < self._pace.proven:
                self._tell(ConnectionChanged("offline", reason, self._refused_with))
                await asyncio.sleep(self._backoff.next())

    async def _follow(self) -> str:
        """Follow by the method that works until it ends. Return the reason, or an empty text if the end was planned."""
        try:
            await self._by_best_way()
        except TimeoutError:
            return self._failed("there is no answer in time")
        except InvalidStatus as error:
            self._refused_with = error.response.status_code
            return self._failed(f"the WebSocket was refused with status {self._refused_with}")
        except ConnectionClosed as error:
            reason = error.rcvd.reason if error.rcvd else ""
            return self._failed(reason or "the connection was cut")
        except ProblemError as error:
            self._refused_with = error.status
            return self._failed(reason_of(error))
        except _BROKEN as error:
            return self._failed(reason_of(error))
        return ""

    async def _by_best_way(self) -> None:
        if self._failed_dials < self._pace.dials_before_sse:
            self._way = "websocket"
            await SocketFollower(self._pace, self._read, self._take).follow(self._endpoint, self._session_id)
        else:
            # When the stream ends, one WebSocket is tried before the next stream.
            self._way, self._failed_dials = "sse", self._pace.dials_before_sse - 1
            await follow_stream(self._endpoint, self._session_id, self._pace, self._read, self._take)

    def _failed(self, reason: str) -> str:
        if self._heard_at is None and self._way == "websocket":
            self._failed_dials += 1
        return reason

    def _take(self, frame: Frame) -> None:
        if self._heard_at is None:
            self._heard_at = self._now()
            self._tell(ConnectionChanged(self._way))
            if self._way == "websocket":
                self._failed_dials = 0
        self._receive(frame)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

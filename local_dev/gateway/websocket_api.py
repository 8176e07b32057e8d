"""A stand-in for the WebSocket API: `$connect`, messages by route, `$disconnect`, and the limits.

As in the cloud, messages of one connection are passed to functions as they arrive, several at a time, so their
answers may come in any order. A client that needs an order must request it in its frames.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from local_dev.aws.lambda_runtime import FunctionFailed, FunctionTimedOut, LambdaRuntime, PayloadTooLarge
from local_dev.gateway.websocket_event import Origin, route_of
from local_dev.gateway.websocket_frames import WRITE_NOW
from local_dev.http_server.answer import Answer
from local_dev.http_server.asgi import stranger
from local_dev.http_server.limits import Limits
from local_dev.template.declarations import SocketApi

GOING_AWAY = 1001
FRAMES_AT_ONCE = 4
"""Concurrent messages of one connection. The next one is read when a function has answered, so that no socket can
fill the gateway.
"""
_FAILURES = (FunctionFailed, FunctionTimedOut, PayloadTooLarge)


class Connection:
    """An open connection. Times are the event loop's, in seconds."""

    def __init__(self, origin: Origin, send: Send, limits: Limits) -> None:
        self.origin = origin
        self.frame_pause = limits.stranger_pause if stranger(origin.scope) else 0.0
        self.opened = self.active = asyncio.get_running_loop().time()
        self._send = send
        self._limits = limits
        self._turn = asyncio.Lock()
        self.places = asyncio.Semaphore(FRAMES_AT_ONCE)
        self._write_now: Callable[[bytes], bool] = origin.scope.get("state", {}).get(WRITE_NOW, _never)

    def send_now(self, text: bytes) -> bool:
        """Send without waiting. Return False if earlier sends or the client are not ready; then nothing was sent."""
        if self._turn.locked() or not self._write_now(text):
            return False
        self.active = asyncio.get_running_loop().time()
        return True

    async def send(self, text: str) -> None:
        """Send one frame at a time, in the order of the calls. Raises TimeoutError if the client does not read."""
        async with asyncio.timeout(self._limits.send), self._turn:
            self.active = asyncio.get_running_loop().time()
            await self._send({"type": "websocket.send", "text": text})

    async def close(self, code: int, reason: str = "") -> None:
        await self._send({"type": "websocket.close", "code": code, "reason": reason})

    def patience(self) -> float:
        """Return the seconds until the connection is closed because it is idle or too old."""
        deadline = min(self.active + self._limits.idle, self.opened + self._limits.lifetime)
        return deadline - asyncio.get_running_loop().time()


class WebSocketApi:
    def __init__(self, api: SocketApi, runtime: LambdaRuntime, limits: Limits) -> None:
        self.connections: dict[str, Connection] = {}
        self._api = api
        self._runtime = runtime
        self._limits = limits
        self._calls: set[asyncio.Task[None]] = set()

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = Origin(self._api.stage, scope)
        await receive()
        if refusal := await self._refusal(origin):
            await _deny(send, refusal)
            return
        subprotocols: list[str] = scope.get("subprotocols") or []
        await send({"type": "websocket.accept", "subprotocol": next(iter(subprotocols), None)})
        connection = Connection(origin, send, self._limits)
        self.connections[origin.connection_id] = connection
        code, reason = 1006, ""
        try:
            code, reason = await self._receive_all(connection, receive)
        finally:
            self.connections.pop(origin.connection_id, None)
            await self._disconnected(origin, code, reason)

    async def close(self, connection: Connection, code: int, reason: str = "") -> None:
        """Accept no more posts; `$disconnect` follows when the socket is closed."""
        self.connections.pop(connection.origin.connection_id, None)
        await connection.close(code, reason)

    async def _refusal(self, origin: Origin) -> Answer | None:
        if (function := self._api.routes.get("$connect")) is None:
            return None
        try:
            result = await self._runtime.invoke(function, origin.connect(), self._limits.integration)
            answer = Answer.of_handler(result)
        except (*_FAILURES, ValueError, TypeError):
            return Answer.message(502, "Internal server error")
        return None if 200 <= answer.status < 300 else answer

    async def _receive_all(self, connection: Connection, receive: Receive) -> tuple[int, str]:
        """Return the close code and reason once the connection has ended."""
        while True:
            try:
                async with asyncio.timeout(max(0.0, connection.patience())):
                    message = await receive()
            except TimeoutError:
                if connection.patience() <= 0:
                    await connection.close(GOING_AWAY, "Going away")
                    return GOING_AWAY, "Going away"
                continue
            if message["type"] == "websocket.disconnect":
                return int(message.get("code") or 1005), message.get("reason") or ""
            connection.active = asyncio.get_running_loop().time()
            await connection.places.acquire()
            self._start(self._message(connection, message))

    async def _message(self, connection: Connection, message: Message) -> None:
        try:
            await self._call(connection, message)
            await asyncio.sleep(connection.frame_pause)
        finally:
            connection.places.release()

    async def _call(self, connection: Connection, message: Message) -> None:
        text = message.get("text")
        body: str | bytes = message["bytes"] if text is None else text
        key = route_of(body, self._api.selector, self._api.routes)
        if (function := self._api.routes.get(key)) is None:
            return
        event = connection.origin.message(key, body)
        try:
            await self._runtime.invoke(function, event, self._limits.integration)
        except _FAILURES:
            await self._report_failure(connection, event)

    async def _report_failure(self, connection: Connection, event: dict[str, Any]) -> None:
        if connection.origin.connection_id not in self.connections:
            return
        request_id = event["requestContext"]["requestId"]
        body = '{"message": "Internal server error", "connectionId":"%s", "requestId":"%s"}'
        await connection.send(body % (connection.origin.connection_id, request_id))

    async def _disconnected(self, origin: Origin, code: int, reason: str) -> None:
        if function := self._api.routes.get("$disconnect"):
            event = origin.disconnect(code, reason)
            self._start(self._forget_failure(self._runtime.invoke(function, event, self._limits.integration)))

    async def _forget_failure(self, call: Any) -> None:
        """`$disconnect` is best effort; the runtime has reported any error."""
        try:
            await call
        except _FAILURES:
            return

    def _start(self, call: Any) -> None:
        task = asyncio.create_task(call, name="websocket function")
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)


def _never(_text: bytes) -> bool:
    return False


async def _deny(send: Send, refusal: Answer) -> None:
    headers = [(name.encode(), value.encode("latin-1")) for name, value in refusal.headers]
    await send({"type": "websocket.http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": refusal.body})

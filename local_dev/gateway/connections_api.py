"""A stand-in for `@connections`: POST sends to an open connection, GET describes it, DELETE closes it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import unquote

from starlette.types import Receive, Scope, Send

from local_dev.aws.credential import Credential
from local_dev.gateway.websocket_api import Connection, WebSocketApi
from local_dev.http_server.answer import Answer
from local_dev.http_server.asgi import BodyTooLarge, read_body, respond
from local_dev.http_server.limits import MANAGEMENT_PATH, Limits

PREFIX = f"{MANAGEMENT_PATH}/@connections/"


class ConnectionsApi:
    """`credential` is the one with which the application's processes sign; other callers are refused."""

    def __init__(self, sockets: WebSocketApi, credential: Credential, limits: Limits) -> None:
        self._sockets, self._credential, self._limits = sockets, credential, limits

    def post_now(self, address: bytes, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> bool:
        """Send a frame without waiting. Return False for everything that `handle` has to answer or to wait for."""
        if self._credential.refusal(headers) or not _is_text(body):
            return False
        connection = self._sockets.connections.get(_id_in(address))
        return connection is not None and connection.send_now(body)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await respond(scope, send, await self._answer(scope, receive))

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        if self._credential.refusal(scope["headers"]):
            return Answer.message(403, "Missing Authentication Token")
        try:
            body = await read_body(receive, self._limits.message)
        except BodyTooLarge:
            return _error(413, "PayloadTooLargeException", "The payload is too large")
        connection = self._sockets.connections.get(_id_in(scope["raw_path"]))
        if connection is None:
            return _error(410, "GoneException", "The connection is gone")
        match scope["method"]:
            case "POST":
                return await self._post(connection, body)
            case "DELETE":
                await self._sockets.close(connection, 1000, "Connection Closed Normally")
                return Answer(204)
            case "GET":
                return _description(connection)
            case _:
                return Answer.message(403, "Missing Authentication Token")

    async def _post(self, connection: Connection, body: bytes) -> Answer:
        try:
            await connection.send(body.decode())
        except UnicodeDecodeError:
            return _error(400, "BadRequestException", "The payload is not text")
        except (TimeoutError, RuntimeError, OSError):
            await self._sockets.close(connection, 1008, "The client does not read")
            return _error(410, "GoneException", "The connection is gone")
        return Answer(200)


@lru_cache(maxsize=1_024)
def _id_in(address: bytes) -> str:
    """The connection that an address names. All of its frames have the same."""
    return unquote(address.decode("latin-1").removeprefix(PREFIX))


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _description(connection: Connection) -> Answer:
    opened = datetime.fromtimestamp(connection.origin.connected_at / 1000, UTC)
    body = {"connectedAt": opened.isoformat(timespec="milliseconds").replace("+00:00", "Z")}
    return Answer(200, json.dumps(body).encode(), [("content-type", "application/json")])


def _error(status: int, kind: str, text: str) -> Answer:
    headers = [("content-type", "application/json"), ("x-amzn-errortype", kind)]
    return Answer(status, json.dumps({"message": text}).encode(), headers)

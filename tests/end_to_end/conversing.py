"""What the tests send over HTTP and raw WebSockets, and how they wait: for frames, never for time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import boto3
import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from local_dev.stack_process import RunningStack
from tests.patience import PATIENCE_SECONDS

Json = dict[str, Any]


def new_id() -> str:
    return str(uuid.uuid4())


def tokens(count: int, per_second: float = 0, *, first_ms: float = 0, tag: str = "") -> str:
    """A prompt for the scripted LLM: `t0000 t0001 …`."""
    return json.dumps({"f": first_ms, "t": count, "r": per_second, "tag": tag})


def tokens_text(count: int) -> str:
    return "".join(f"t{i:04d} " for i in range(count))


def plan(*steps: Json) -> str:
    """A prompt for the scripted LLM: texts and tool calls."""
    return json.dumps({"steps": steps}, ensure_ascii=False)


def say(text: str) -> str:
    return plan({"say": text})


class Web:
    """The HTTP API as an older client uses it: plain requests, whole states."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def chat(self, message: str, session_id: str | None = None, **fields: Any) -> Json:
        return await self._accepted("/api/chat", {"message": message, **_named(session_id), **fields})

    async def system(self, message: str, session_id: str, **fields: Any) -> Json:
        return await self._accepted("/api/system", {"message": message, "session_id": session_id, **fields})

    async def interrupt(self, session_id: str) -> Json:
        return await self._accepted("/api/interrupt", {"session_id": session_id})

    async def command(self, command: str, args: Json | None = None, session_id: str | None = None) -> Json:
        body = {"command": command, "args": args or {}, **_named(session_id)}
        return await self._accepted("/api/mcp-command", body)

    async def state(self, session_id: str) -> Json:
        response = await self.client.get("/api/state", params={"session_id": session_id})
        assert response.status_code == 200, response.text
        return response.json()

    @asynccontextmanager
    async def stream(self, session_id: str) -> AsyncGenerator[StateStream]:
        """`GET /api/chat/stream`."""
        async with self.client.stream(
            "GET", "/api/chat/stream", params={"session_id": session_id}
        ) as response:
            assert response.status_code == 200
            assert response.headers["content-type"].startswith("text/event-stream")
            yield StateStream(response)

    async def ended(self, session_id: str, ended: Callable[[Json], Any] | None = None) -> Json:
        """The state once nothing is in progress (or `ended` says so), as the stream tells it."""
        ready = ended or (lambda state: state["messages"] and not state["is_processing"])
        async with self.stream(session_id) as stream:
            return await stream.until(ready)

    async def answered(self, message: str, session_id: str) -> Json:
        """Send a message and wait until all work has ended."""
        await self.chat(message, session_id)
        return await self.ended(session_id)

    async def _accepted(self, path: str, body: Json) -> Json:
        response = await self.client.post(path, json=body)
        assert response.status_code == 200, response.text
        return response.json()


def _named(session_id: str | None) -> Json:
    return {} if session_id is None else {"session_id": session_id}


class StateStream:
    """Server-sent events; `ids` are those of the events so far."""

    def __init__(self, response: httpx.Response) -> None:
        self.ids: list[str] = []
        self.states: list[Json] = []
        self._lines = response.aiter_lines()

    async def until(self, condition: Callable[[Json], Any], seconds: float = PATIENCE_SECONDS) -> Json:
        async with asyncio.timeout(seconds):
            async for state in self._events():
                if condition(state):
                    return state
        raise AssertionError("the stream ended")

    async def _events(self) -> AsyncIterator[Json]:
        async for line in self._lines:
            field, _, value = line.partition(": ")
            if field == "id":
                self.ids.append(value)
            if field == "data":
                self.states.append(json.loads(value))
                yield self.states[-1]


class Socket:
    """A raw WebSocket of one session that keeps every frame."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.frames: list[Json] = []

    async def send(self, frame: Json | str | bytes) -> None:
        await self.connection.send(json.dumps(frame) if isinstance(frame, dict) else frame)

    async def next(self, seconds: float = PATIENCE_SECONDS) -> Json:
        async with asyncio.timeout(seconds):
            frame: Json = json.loads(await self.connection.recv())
        self.frames.append(frame)
        return frame

    async def until(self, condition: Callable[[Json], Any], seconds: float = PATIENCE_SECONDS) -> Json:
        async with asyncio.timeout(seconds):
            while not condition(frame := await self.next(seconds)):
                pass
        return frame

    async def until_closed(self, seconds: float = PATIENCE_SECONDS) -> int | None:
        """The close code; frames that come before are kept."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self.next(seconds)
        return self.connection.close_code


@asynccontextmanager
async def socket(ws_url: str, session_id: str) -> AsyncGenerator[Socket]:
    async with connect(
        f"{ws_url}?session_id={session_id}",
        proxy=None,
        ping_interval=None,
        open_timeout=PATIENCE_SECONDS,
        close_timeout=1,
    ) as connection:
        yield Socket(connection)


def contents(state: Json, sender: str | None = None) -> list[str]:
    return [message["content"] for message in state["messages"] if sender in {None, message["sender"]}]


def table_items(stack: RunningStack) -> list[Json]:
    """Every item of the table."""
    dynamodb = boto3.resource(
        "dynamodb",
        endpoint_url=stack.environment["AWS_ENDPOINT_URL"],
        region_name=stack.environment["AWS_REGION"],
        aws_access_key_id=stack.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=stack.environment["AWS_SECRET_ACCESS_KEY"],
    )
    return dynamodb.Table(stack.environment["FORGE_TABLE"]).scan()["Items"]

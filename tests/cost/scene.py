"""A standard conversation over the real functions and a real worker, whose requests to AWS are counted.

Each turn: a message, a tool call, 400 tokens over 20 s; then a reload of the page. At the end the session expires.
The event loop's time is virtual, so this takes seconds and gives the same counts each time.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import boto3
from pydantic_ai.messages import ModelRequest, ToolReturnPart
from pydantic_ai.models.function import DeltaToolCall, FunctionModel

from bench.cost.meter import Counts, Meter
from bench.cost.units import TypedItem
from forge.api import dependencies
from forge.connections import ApiGatewayConnections
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.observability import configure_logging
from forge.settings import Settings
from forge.store import open_store
from tests.api.gateway import Answer
from tests.api.gateway import Gateway as Api
from tests.cost.account import CONNECTIONS_URL, REGION, account
from tests.cost.turns import Counting, NonPollingQueue, clock_server
from tests.schema import QUEUE_ATTRIBUTES, TABLE_NAME, create_table
from tests.virtual_loop import run_in_virtual_time
from tests.worker.gateway import Gateway as Sockets
from tests.worker.gateway import Page
from tests.worker.stage import Stage
from worker.operation.metrics import Metrics
from worker.push.frame_pace import PACES

TURNS = 3
TOKENS = 400
TOKENS_PER_SECOND = 20
KEY = SessionKey(ANONYMOUS, "0190d5cb-7a31-4c6b-9d57-6f2b0f5ad3b1")
MESSAGE = "Look at the clock, and then tell me about the block that came last."
CALL_SECONDS = 0.02
NEWEST = 500
"""Messages that the page asks for (`frontend/client/chat_manager.js`)."""
ASKED_BY_A_PAGE = ("/", "/ws")
"""What leaves Chromium at a reload, beside the API; seen on 2026-11-26. The files of a version are in its cache."""
HEADER_BYTES = 700
"""Of an answer over HTTP, as CloudFront sends it."""
LOG_EVENT_BYTES = 26
"""What CloudWatch adds to each line."""


def llm() -> FunctionModel:
    """In each turn a tool call, and then prose at the pace of a usual LLM."""
    prose = Path(__file__).with_name("prose.txt").read_text()
    ends = [round(len(prose) * number / TOKENS) for number in range(TOKENS + 1)]

    async def answer(messages: Any, _info: Any) -> AsyncIterator[Any]:
        last = messages[-1]
        if not (isinstance(last, ModelRequest) and isinstance(last.parts[-1], ToolReturnPart)):
            yield {0: DeltaToolCall(name="look", json_args="{}", tool_call_id=f"call-{len(messages)}")}
            return
        for begin, end in pairwise(ends):
            await asyncio.sleep(1 / TOKENS_PER_SECOND)
            yield prose[begin:end]

    return FunctionModel(stream_function=answer)


class Table:
    """Looks past the meter."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def item(self, key: TypedItem) -> TypedItem | None:
        return self._client.get_item(TableName=TABLE_NAME, Key=dict(key)).get("Item")

    def found(self, query: Mapping[str, Any]) -> Sequence[TypedItem]:
        whole = {name: value for name, value in query.items() if name != "ProjectionExpression"}
        return self._client.query(**whole)["Items"]


class Connections:
    """`@connections` as the worker sees it."""

    def __init__(self, sockets: Sockets, meter: Meter) -> None:
        self._sockets, self._meter = sockets, meter

    async def post(self, connection_id: str, frame: bytes) -> None:
        await asyncio.sleep(CALL_SECONDS)
        self._meter.frame(len(frame))
        await self._sockets.page(connection_id).take(frame)


class Log(io.StringIO):
    """Counts what is written to it."""

    def __init__(self, meter: Meter) -> None:
        super().__init__()
        self._meter = meter

    def write(self, text: str) -> int:
        self._meter.add("log bytes", len(text.encode()) + LOG_EVENT_BYTES * text.count("\n"))
        return len(text)


@dataclass
class Scene:
    """One person's page, in a deployment of their own."""

    meter: Meter
    api: Api
    sockets: Sockets
    stage: Stage

    async def play(self) -> dict[str, list[Counts]]:
        loop = asyncio.get_running_loop()
        self.stage.start(
            blocking=Counting(), monotonic=loop.time, metrics=Metrics(enabled=True), pace=PACES["economic"]
        )
        parts: dict[str, list[Counts]] = {"turn": [], "reload": [], "expiry": []}
        connection_id = self._open()
        self.meter.take()
        for _ in range(TURNS):
            await self._turn(connection_id)
            self.meter.add("SQS requests")  # the poll that brought the message
            parts["turn"].append(self.meter.take())
            connection_id = self._reload(connection_id)
            parts["reload"].append(self.meter.take())
        self._expire()
        parts["expiry"].append(self.meter.take())
        await self.stage.stop()
        return parts

    async def _turn(self, connection_id: str) -> None:
        key = f"key-{self.stage.clock()}"
        post = partial(self.api.post, "/api/chat", {"message": MESSAGE, "session_id": KEY.session_id})
        answer = self._http(partial(post, prefer="return=minimal", idempotency_key=key))
        run = answer.headers["x-run-id"]
        page = self.sockets.page(connection_id)
        async with asyncio.timeout(120), page.changed:
            await page.changed.wait_for(partial(_has_ended, page, run))
        await asyncio.sleep(1)

    def _open(self) -> str:
        """As the page does it: a socket, what it lacks, the list of conversations, the networks."""
        self.meter.add("edge requests", len(ASKED_BY_A_PAGE))
        self.meter.add("edge function calls")
        self.meter.add("edge bytes", len(ASKED_BY_A_PAGE) * HEADER_BYTES)
        self.meter.add("function calls")
        _, connection_id = _in_thread(partial(self.api.connect, session_id=KEY.session_id))
        self.meter.add("frames")
        self.meter.add("function calls")
        sync = {"type": "sync", "session_id": KEY.session_id, "have": {}, "newest": NEWEST}
        _in_thread(partial(self.api.say, connection_id, sync))
        self._http(partial(self.api.get, "/api/sessions", ids=KEY.session_id))
        body = {"command": "list_networks", "args": {}, "session_id": KEY.session_id}
        self._http(partial(self.api.post, "/api/mcp-command", body))
        return connection_id

    def _reload(self, connection_id: str) -> str:
        self.meter.add("function calls")
        _in_thread(partial(self.api.leave, connection_id))
        return self._open()

    def _http(self, call: Callable[[], Answer]) -> Answer:
        answer = _in_thread(call)
        assert answer.status == 200, answer.text
        for name in ("edge requests", "edge function calls", "HTTP API requests", "function calls"):
            self.meter.add(name)
        self.meter.add("edge bytes", len(answer.text.encode()) + HEADER_BYTES)
        return answer

    def _expire(self) -> None:
        session = self.stage.store.sessions.get(KEY)
        assert session is not None
        self.meter.take()
        self.meter.add("function calls")
        dependencies.store().expiry.expire(KEY, session.generation)


def _has_ended(page: Page, run_id: str) -> bool:
    hot = page.conversation.hot
    return bool(hot and run_id in hot.outcomes)


def _in_thread(call: Callable[[], Any]) -> Any:
    """Mangum wants a thread without a running loop. No virtual time passes meanwhile."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(call).result()


def counted() -> dict[str, dict[str, float]]:
    """What a turn, a reload and a turn's part of the expiry send to AWS, on average over the conversation."""
    with account():
        parts = run_in_virtual_time(_counted)
    return {part: _average(each) for part, each in parts.items()}


def _average(each: Sequence[Counts]) -> dict[str, float]:
    """Of a turn."""
    names = sorted({name for counts in each for name in counts})
    return {name: round(sum(counts.get(name, 0) for counts in each) / TURNS, 2) for name in names}


async def _counted() -> dict[str, list[Counts]]:
    session = boto3.Session(region_name=REGION)
    dynamodb, unseen = session.client("dynamodb"), session.client("dynamodb")
    sqs: Any = session.client("sqs")
    create_table(unseen)
    queue_url = sqs.create_queue(QueueName="runs.fifo", Attributes=QUEUE_ATTRIBUTES)["QueueUrl"]
    settings = Settings(
        forge_table=TABLE_NAME, forge_queue_url=queue_url, forge_connections_url=CONNECTIONS_URL
    )
    clock, sockets, meter = Clock(asyncio.get_running_loop()), Sockets(), Meter(Table(unseen))
    store, queue = open_store(settings, clock, dynamodb), NonPollingQueue(sqs, queue_url)
    connections: Any = Connections(sockets, meter)
    stage = Stage(store, queue, clock, sockets, connections, [clock_server()], llm())  # type: ignore[arg-type]
    posts: Any = session.client("apigatewaymanagementapi", endpoint_url=CONNECTIONS_URL)
    posting = ApiGatewayConnections(posts)
    for client in (dynamodb, sqs, posts):
        meter.attach(client)
    with _functions(settings, clock, store, queue, posting), redirect_stdout(Log(meter)):
        configure_logging("worker")
        return await Scene(meter, Api({}), sockets, stage).play()


class Clock:
    """Virtual time, from any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop, self._began = loop, dependencies.now() - round(loop.time() * 1_000)

    def __call__(self) -> int:
        return self._began + round(self._loop.time() * 1_000)


@contextmanager
def _functions(settings: Settings, now: Any, store: Any, queue: Any, connections: Any) -> Generator[None]:
    """What the functions find when they ask for it."""
    made = {"settings": settings, "store": store, "queue": queue, "connections": connections}
    with ExitStack() as stack:
        for name, value in {
            **{name: partial(_given, value) for name, value in made.items()},
            "now": now,
        }.items():
            stack.callback(setattr, dependencies, name, getattr(dependencies, name))
            setattr(dependencies, name, value)
        yield


def _given(value: Any) -> Any:
    return value

"""The counted requests of the worker's turns: calls by kind, frames and bytes. Limits: `bench/turn_budgets.json`.

These are counts, never timings: the event loop's time is virtual, and every call of the store or the queue takes the
same time.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import boto3
from botocore.awsrequest import AWSPreparedRequest
from fastmcp import FastMCP
from pydantic_ai.messages import ModelResponse
from pydantic_ai.models.function import DeltaToolCall, FunctionModel

from bench.soak.crossings import named
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.queue import SqsRunQueue
from forge.settings import Settings
from forge.store import open_store
from local_dev.repository import ROOT
from tests.cost.account import account
from tests.schema import QUEUE_ATTRIBUTES, TABLE_NAME, create_table
from tests.virtual_loop import run_in_virtual_time
from tests.worker.gateway import Gateway
from tests.worker.stage import Stage
from worker.blocking_calls import Blocking
from worker.push.frame_pace import PACES, FramePace

P = ParamSpec("P")
R = TypeVar("R")

BUDGETS = Path(ROOT, "bench", "turn_budgets.json")
TURNS: Sequence[tuple[int, int, FramePace]] = (
    (1, 400, "economic"),
    (1, 400, "smooth"),
    (11, 60, "smooth"),
)
"""People at once, tokens of each answer, pace: one person alone, and eleven who share what can be shared."""
TOKENS_PER_SECOND = 20
CALL_SECONDS = 0.01
"""What a call of the store or the queue takes here."""


class Counting(Blocking):
    """Runs calls on the loop itself; a poll that brings nothing takes its time."""

    def __init__(self) -> None:
        super().__init__(1)

    def apart(self, size: int) -> Blocking:
        """No thread is used."""
        return self

    async def __call__(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        result = call(*args, **kwargs)
        await asyncio.sleep(2.0 if result == [] else CALL_SECONDS)
        return result


class CountingConnections:
    """Hands each frame to the client's own conversation, so that what is counted is known to be whole."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.frames = self.bytes = 0
        self.first_text_at: float | None = None

    async def post(self, connection_id: str, frame: bytes) -> None:
        await asyncio.sleep(CALL_SECONDS)
        self.frames += 1
        self.bytes += len(frame)
        if self.first_text_at is None and b'"type":"text"' in frame:
            self.first_text_at = asyncio.get_running_loop().time()
        await self._gateway.page(connection_id).take(frame)


class NonPollingQueue(SqsRunQueue):
    """The queue's own time is real, so what is hidden there must stay so for as long as the computer may take."""

    def receive(self, most: int, wait_seconds: int) -> Any:
        return super().receive(most, 0)

    def extend_all(self, receipts: Sequence[str], seconds: int) -> None:
        super().extend_all(receipts, 100 * seconds)


def clock_server() -> FastMCP[Any]:
    server = FastMCP[Any]("clock")

    @server.tool(annotations={"readOnlyHint": True})
    async def look() -> dict[str, str]:
        """What time it is."""
        return {"time": "12:00"}

    return server


def words(tokens: int) -> list[str]:
    return [f"t{number:04d} " for number in range(tokens)]


def llm(tokens: int) -> FunctionModel:
    """A tool call, then so many tokens at the pace of a usual LLM."""

    async def answer(messages: Any, _info: Any) -> AsyncIterator[Any]:
        if not any(isinstance(message, ModelResponse) for message in messages):
            yield {0: DeltaToolCall(name="look", json_args="{}", tool_call_id="call-1")}
            return
        for word in words(tokens):
            await asyncio.sleep(1 / TOKENS_PER_SECOND)
            yield word

    return FunctionModel(stream_function=answer)


class Counted:
    """What crosses the borders of a worker while `people` of them have one turn each."""

    def __init__(self, settings: Settings, dynamodb: Any, sqs: Any, queue_url: str) -> None:
        self.calls: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        self.first_text_after = 0.0
        self._made = (settings, dynamodb, sqs, queue_url)

    @property
    def all(self) -> Counter[str]:
        return self.calls + self.counts

    def count(self, request: AWSPreparedRequest, **_: Any) -> None:
        headers = {name: _text(value) for name, value in request.headers.items()}
        headers = {
            "X-Amz-Target" if name.lower() == "x-amz-target" else name: headers[name] for name in headers
        }
        body = request.body if isinstance(request.body, bytes) else str(request.body or "").encode()
        self.calls[named("worker", request.method or "", "/", headers, body).crossing] += 1

    async def measure(self, people: int, tokens: int, pace: FramePace) -> None:
        settings, dynamodb, sqs, queue_url = self._made
        loop, gateway = asyncio.get_running_loop(), Gateway()

        def clock() -> int:
            return round(loop.time() * 1_000) + 1_790_000_000_000

        pages = CountingConnections(gateway)
        queue: Any = NonPollingQueue(sqs, queue_url)
        stage = Stage(
            open_store(settings, clock, dynamodb),  # type: ignore[arg-type]
            queue,
            clock,  # type: ignore[arg-type]
            gateway,
            pages,  # type: ignore[arg-type]
            [clock_server()],
            llm(tokens),
        )
        sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"VisibilityTimeout": "300"})
        keys = [SessionKey(ANONYMOUS, f"s{number}") for number in range(people)]
        opened = [await stage.open_page(f"c{number}", key) for number, key in enumerate(keys)]
        runs = [await stage.say("hi", key) for key in keys]
        for client in (dynamodb, sqs):
            client.meta.events.register_first("before-send", self.count, unique_id="budget")
        try:
            began = loop.time()
            stage.start(blocking=Counting(), monotonic=loop.time, pace=PACES[pace])
            async with asyncio.timeout(120):
                for page, run in zip(opened, runs, strict=True):
                    async with page.changed:
                        await page.changed.wait_for(partial(_has_ended, page, run))
            await stage.stop()
        finally:
            for client in (dynamodb, sqs):
                client.meta.events.unregister("before-send", unique_id="budget")
        assert {page.conversation.messages[-1].content for page in opened} == {"".join(words(tokens))}
        self.counts.update(frames=pages.frames, bytes=pages.bytes)
        self.first_text_after = (pages.first_text_at or loop.time()) - began


def _has_ended(page: Any, run_id: str) -> bool:
    hot = page.conversation.hot
    return bool(hot and run_id in hot.outcomes)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def title(people: int, tokens: int, pace: FramePace) -> str:
    return f"{people} at once, {tokens} tokens each, {pace}"


def counted_turns() -> dict[str, dict[str, int]]:
    """All of them, in an account of their own; as the budget is written."""
    return {title(*turn): dict(sorted(counted_turn(*turn).items())) for turn in TURNS}


def counted_turn(people: int, tokens: int, pace: FramePace) -> Counter[str]:
    with account():
        sqs: Any = boto3.client("sqs")
        dynamodb = boto3.client("dynamodb")
        create_table(dynamodb)
        queue_url = sqs.create_queue(QueueName="runs.fifo", Attributes=QUEUE_ATTRIBUTES)["QueueUrl"]
        counted = Counted(Settings(forge_table=TABLE_NAME), dynamodb, sqs, queue_url)
        run_in_virtual_time(lambda: counted.measure(people, tokens, pace))
    return counted.all


def write_budgets(counts: dict[str, dict[str, int]]) -> None:
    BUDGETS.write_text(json.dumps(counts, indent=2) + "\n")

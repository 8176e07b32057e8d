"""The wire format of each provider for the same contents: an answer in text, and an answer that calls tools."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from itertools import chain
from typing import Any

from pydantic_ai.models import Model

from tests.worker_llm import test_anthropic, test_bedrock, test_openai, test_openai_responses
from tests.worker_llm.provider_server import ProviderServer, Reply, stream

Call = tuple[str, str, str]
"""Id, name and arguments."""

WIRES = ("chat", "anthropic", "responses", "bedrock")


@asynccontextmanager
async def llm(wire: str, server: ProviderServer) -> AsyncGenerator[Model[Any]]:
    modules = {
        "chat": test_openai,
        "anthropic": test_anthropic,
        "responses": test_openai_responses,
        "bedrock": test_bedrock,
    }
    async with modules[wire].llm(server) as model:
        yield model


def text(wire: str, *pieces: str) -> Reply:
    match wire:
        case "chat":
            return chat([test_openai.delta(content=piece) for piece in pieces])
        case "anthropic":
            return stream([test_anthropic.start(), *test_anthropic.text(0, *pieces), *test_anthropic.end()])
        case "responses":
            events = test_openai_responses.Events()
            return stream([events.start(), *events.text(0, *pieces), events.end()])
        case _:
            frames = [test_bedrock.START, *test_bedrock.text(0, *pieces), *test_bedrock.end("end_turn")]
            return stream(frames, test_bedrock.FRAMES)


def calls(wire: str, *made: Call) -> Reply:
    frames, ends = call_frames(wire, *made)
    return played(wire, [*frames, *ends])


def played(wire: str, frames: Iterable[bytes]) -> Reply:
    return stream(frames, test_bedrock.FRAMES) if wire == "bedrock" else stream(frames)


def call_frames(wire: str, *made: Call) -> tuple[list[bytes], list[bytes]]:
    """The events of an answer that calls tools, and those that end it well."""
    match wire:
        case "chat":
            chunks = [chat_call(index, *call) for index, call in enumerate(made)]
            return chunks, [test_openai.delta(finish="tool_calls"), test_openai.usage(), test_openai.DONE]
        case "anthropic":
            blocks = [claude_call(index, *call) for index, call in enumerate(made)]
            return [test_anthropic.start(), *chain.from_iterable(blocks)], test_anthropic.end("tool_use")
        case "responses":
            return _responses(made)
        case _:
            return _bedrock(made), test_bedrock.end("tool_use")


def chat(chunks: Iterable[bytes], finish: str | None = "stop", *, usage: bool = True) -> Reply:
    ends = [test_openai.delta(finish=finish)] if finish else []
    return stream([*chunks, *ends, *([test_openai.usage()] if usage else []), test_openai.DONE])


def chat_call(index: int | None, call_id: str | None, name: str | None, arguments: Any) -> bytes:
    call: dict[str, Any] = {"index": index, "id": call_id, "type": "function"}
    return test_openai.delta(tool_calls=[{**call, "function": {"name": name, "arguments": arguments}}])


def claude_call(index: int, call_id: str, name: str, arguments: str) -> list[bytes]:
    block = {"type": "tool_use", "id": call_id, "name": name, "input": {}}
    delta = {"type": "input_json_delta", "partial_json": arguments}
    return [
        test_anthropic.event("content_block_start", index=index, content_block=block),
        test_anthropic.event("content_block_delta", index=index, delta=delta),
        test_anthropic.event("content_block_stop", index=index),
    ]


def _responses(made: Iterable[Call]) -> tuple[list[bytes], list[bytes]]:
    events = test_openai_responses.Events()
    sent = [events.start()]
    for index, (call_id, name, arguments) in enumerate(made):
        item = {"id": f"fc_{index}", "type": "function_call", "call_id": call_id, "name": name}
        at = {"output_index": index, "item_id": f"fc_{index}"}
        sent += [
            events.event(
                "response.output_item.added",
                output_index=index,
                item={**item, "arguments": "", "status": "in_progress"},
            ),
            events.event("response.function_call_arguments.delta", **at, delta=arguments),
            events.event("response.function_call_arguments.done", **at, arguments=arguments),
            events.event(
                "response.output_item.done",
                output_index=index,
                item={**item, "arguments": arguments, "status": "completed"},
            ),
        ]
    return sent, [events.end()]


def _bedrock(made: Iterable[Call]) -> list[bytes]:
    frames = [test_bedrock.START]
    for index, (call_id, name, arguments) in enumerate(made):
        start = {"toolUse": {"toolUseId": call_id, "name": name}}
        at = {"contentBlockIndex": index}
        frames += [
            test_bedrock.event("contentBlockStart", **at, start=start),
            test_bedrock.event("contentBlockDelta", **at, delta={"toolUse": {"input": arguments}}),
            test_bedrock.event("contentBlockStop", **at),
        ]
    return frames


def arguments(**values: Any) -> str:
    return json.dumps(values)

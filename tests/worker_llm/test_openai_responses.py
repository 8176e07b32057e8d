"""`openai:…` without a base URL uses OpenAI's Responses API (streamed); here behind a base URL of our own."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic_ai.exceptions import (
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelServerError,
)
from pydantic_ai.models import Model

from tests.worker_llm.observing import observe
from tests.worker_llm.provider_server import ProviderServer, error, sse, stream
from worker.agent.llm.build import build_llm

MODEL = "gpt-5"


def llm(server: ProviderServer) -> Model[Any]:
    return build_llm(
        f"openai-responses:{MODEL}", {"OPENAI_API_KEY": "key-3", "OPENAI_BASE_URL": f"{server.url}/v1"}
    )


class Events:
    """Numbers the events of one response, as the API does."""

    def __init__(self) -> None:
        self._number = -1

    def event(self, kind: str, **fields: Any) -> bytes:
        self._number += 1
        return sse({"type": kind, "sequence_number": self._number, **fields}, named=True)

    def response(self, kind: str, status: str, **fields: Any) -> bytes:
        body = {
            "id": "resp_1",
            "object": "response",
            "created_at": 1,
            "status": status,
            "model": MODEL,
            "output": [],
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "error": None,
            "incomplete_details": None,
            **fields,
        }
        return self.event(f"response.{kind}", response=body)

    def start(self) -> bytes:
        return self.response("created", "in_progress")

    def text(self, index: int, *deltas: str) -> list[bytes]:
        at = {"output_index": index, "item_id": f"msg_{index}", "content_index": 0}
        part = {"type": "output_text", "text": "", "annotations": []}
        item = {"id": f"msg_{index}", "type": "message", "role": "assistant"}
        done = {**part, "text": "".join(deltas)}
        return [
            self.event(
                "response.output_item.added",
                output_index=index,
                item={**item, "status": "in_progress", "content": []},
            ),
            self.event("response.content_part.added", **at, part=part),
            *(self.event("response.output_text.delta", **at, delta=d, logprobs=[]) for d in deltas),
            self.event("response.output_text.done", **at, text=done["text"], logprobs=[]),
            self.event("response.content_part.done", **at, part=done),
            self.event(
                "response.output_item.done",
                output_index=index,
                item={**item, "status": "completed", "content": [done]},
            ),
        ]

    def call(self, index: int, call_id: str, *deltas: str) -> list[bytes]:
        item = {"id": f"fc_{index}", "type": "function_call", "call_id": call_id, "name": "balance"}
        at = {"output_index": index, "item_id": item["id"]}
        arguments = "".join(deltas)
        done = {**item, "arguments": arguments, "status": "completed"}
        return [
            self.event(
                "response.output_item.added",
                output_index=index,
                item={**item, "arguments": "", "status": "in_progress"},
            ),
            *(self.event("response.function_call_arguments.delta", **at, delta=d) for d in deltas),
            self.event("response.function_call_arguments.done", **at, name="balance", arguments=arguments),
            self.event("response.output_item.done", output_index=index, item=done),
        ]

    def end(self) -> bytes:
        usage = {
            "input_tokens": 12,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 6,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 18,
        }
        return self.response("completed", "completed", usage=usage)


async def test_text_parallel_calls_and_the_answer_stream_through(server: ProviderServer) -> None:
    first, second = Events(), Events()
    calls = [*first.call(1, "a", '{"who":', ' "Alice"}'), *first.call(2, "b", '{"who": "Bob"}')]
    server.replies = [
        stream([first.start(), *first.text(0, "I look", " both up."), *calls, first.end()]),
        stream([second.start(), *second.text(0, "Five", " each."), second.end()]),
    ]
    seen = await observe(llm(server))

    assert seen.text == ["I look", " both up.", "Five", " each."]
    assert seen.answer == "Five each."
    assert sorted(c["who"] for c in seen.calls) == ["Alice", "Bob"]
    assert (seen.first_response.usage.input_tokens, seen.first_response.usage.output_tokens) == (12, 6)

    path, headers, body = server.requests[0]
    assert (path, headers["authorization"]) == ("/v1/responses", "Bearer key-3")
    assert (body["model"], body["stream"]) == (MODEL, True)
    outputs = [i for i in server.requests[1][2]["input"] if i.get("type") == "function_call_output"]
    assert [i["call_id"] for i in outputs] == ["a", "b"]


@pytest.mark.parametrize(
    ("status", "raised"), [(401, ModelAuthenticationError), (500, ModelServerError)], ids=str
)
async def test_a_refused_request_raises_its_kind_of_error(
    server: ProviderServer, status: int, raised: type[ModelAPIError]
) -> None:
    server.replies = [error(status, {"error": {"message": "no", "type": "x", "code": None}})]
    assert isinstance((await observe(llm(server))).error, raised)


async def test_a_stream_cut_in_its_text_is_a_connection_error_after_that_text(server: ProviderServer) -> None:
    events = Events()
    server.replies = [stream([events.start(), *events.text(0, "Half an ans")[:3]], cut=True)]
    seen = await observe(llm(server))
    assert seen.text == ["Half an ans"]
    assert isinstance(seen.error, ModelConnectionError)


async def test_an_error_event_is_an_api_error(server: ProviderServer) -> None:
    events = Events()
    failed = events.event("error", code="server_error", message="broken", param=None)
    server.replies = [stream([events.start(), *events.text(0, "Half")[:3], failed])]
    seen = await observe(llm(server))
    assert seen.text == ["Half"]
    assert isinstance(seen.error, ModelAPIError)

"""`anthropic:…` against a server that speaks the Messages API (streamed)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic_ai.exceptions import (
    AgentRunError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelNotFoundError,
    ModelOverloadedError,
    ModelRateLimitError,
    ModelRequestTimeout,
    ModelServerError,
    UnexpectedModelBehavior,
)
from pydantic_ai.models import Model

from tests.worker_llm.observing import observe
from tests.worker_llm.provider_server import ProviderServer, error, provider_server, silence, sse, stream
from worker.agent.llm.build import build_llm

MODEL = "claude-sonnet-5"


def llm(server: ProviderServer, **environment: str) -> Model[Any]:
    given = {"ANTHROPIC_API_KEY": "key-1", "ANTHROPIC_BASE_URL": server.url, **environment}
    return build_llm(f"anthropic:{MODEL}", given)


def event(kind: str, **fields: Any) -> bytes:
    return sse({"type": kind, **fields}, named=True)


def start() -> bytes:
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": MODEL, "content": []}
    return event(
        "message_start",
        message={
            **message,
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": 25, "output_tokens": 1},
        },
    )


def text(index: int, *deltas: str) -> list[bytes]:
    return [
        event("content_block_start", index=index, content_block={"type": "text", "text": ""}),
        event("ping"),
        *(event("content_block_delta", index=index, delta={"type": "text_delta", "text": d}) for d in deltas),
        event("content_block_stop", index=index),
    ]


def call(index: int, call_id: str, *deltas: str) -> list[bytes]:
    block = {"type": "tool_use", "id": call_id, "name": "balance", "input": {}}
    return [
        event("content_block_start", index=index, content_block=block),
        *(
            event("content_block_delta", index=index, delta={"type": "input_json_delta", "partial_json": d})
            for d in deltas
        ),
        event("content_block_stop", index=index),
    ]


def end(reason: str = "end_turn") -> list[bytes]:
    delta = {"stop_reason": reason, "stop_sequence": None}
    return [event("message_delta", delta=delta, usage={"output_tokens": 15}), event("message_stop")]


async def test_text_parallel_calls_and_the_answer_stream_through(server: ProviderServer) -> None:
    calls = [*call(1, "a", '{"who":', ' "Alice"}'), *call(2, "b", "", '{"who": "Bob"}')]
    server.replies = [
        stream([start(), *text(0, "I look", " both up."), *calls, *end("tool_use")]),
        stream([start(), *text(0, "Five", " wei", " each."), *end()]),
    ]
    seen = await observe(llm(server))

    assert seen.text == ["I look", " both up.", "Five", " wei", " each."]
    assert seen.answer == "Five wei each."
    assert sorted(c["who"] for c in seen.calls) == ["Alice", "Bob"]
    assert "".join(seen.argument_deltas) == '{"who": "Alice"}{"who": "Bob"}'
    assert (seen.first_response.usage.input_tokens, seen.first_response.usage.output_tokens) == (25, 15)

    path, headers, body = server.requests[0]
    assert (path, headers["authorization"]) == ("/v1/messages", "Bearer key-1")
    assert (body["model"], body["stream"]) == (MODEL, True)
    assert [tool["name"] for tool in body["tools"]] == ["balance"]
    results = server.requests[1][2]["messages"][-1]["content"]
    assert [(r["type"], r["tool_use_id"]) for r in results] == [("tool_result", "a"), ("tool_result", "b")]


def refusal(kind: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": kind}}


@pytest.mark.parametrize(
    ("status", "kind", "raised"),
    [
        (401, "authentication_error", ModelAuthenticationError),
        (403, "permission_error", ModelAuthenticationError),
        (404, "not_found_error", ModelNotFoundError),
        (429, "rate_limit_error", ModelRateLimitError),
        (500, "api_error", ModelServerError),
        (529, "overloaded_error", ModelOverloadedError),
    ],
)
async def test_a_refused_request_raises_its_kind_of_error(
    server: ProviderServer, status: int, kind: str, raised: type[AgentRunError]
) -> None:
    server.replies = [error(status, refusal(kind), {"retry-after": "7"})]
    seen = await observe(llm(server))
    assert isinstance(seen.error, raised)
    assert isinstance(seen.error, ModelAPIError)
    assert seen.error.retry_after == 7
    assert len(server.requests) == 1


async def test_retries_are_made_when_they_are_asked_for(server: ProviderServer) -> None:
    busy = error(529, refusal("overloaded_error"), {"retry-after-ms": "5"})
    server.replies = [busy, busy, stream([start(), *text(0, "ok"), *end()])]
    seen = await observe(llm(server, FORGE_LLM_RETRIES="2"))
    assert seen.answer == "ok"
    assert len(server.requests) == 3


async def test_a_stream_cut_in_its_text_is_a_connection_error_after_that_text(server: ProviderServer) -> None:
    server.replies = [stream([start(), *text(0, "Half an ans")[:-1]], cut=True)]
    seen = await observe(llm(server))
    assert seen.text == ["Half an ans"]
    assert isinstance(seen.error, ModelConnectionError)


async def test_an_overload_in_the_middle_of_the_text_is_an_overload(server: ProviderServer) -> None:
    server.replies = [stream([start(), *text(0, "Half")[:-1], sse(refusal("overloaded_error"), named=True)])]
    seen = await observe(llm(server))
    assert seen.text == ["Half"]
    assert isinstance(seen.error, ModelOverloadedError)


async def test_a_malformed_event_is_an_api_error(server: ProviderServer) -> None:
    server.replies = [stream([start(), b'event: content_block_delta\ndata: {"type": "content_blo\n\n'])]
    assert isinstance((await observe(llm(server))).error, ModelAPIError)


async def test_a_stream_without_content_is_unexpected(server: ProviderServer) -> None:
    server.replies = [stream([])]
    assert isinstance((await observe(llm(server))).error, UnexpectedModelBehavior)


async def test_a_provider_that_never_answers_is_given_up(server: ProviderServer) -> None:
    released = asyncio.Event()
    server.replies = [silence(released)]
    seen = await observe(llm(server, FORGE_LLM_FIRST_SECONDS="0.2"))
    released.set()
    assert isinstance(seen.error, ModelRequestTimeout)


async def test_a_provider_out_of_reach_is_a_connection_error() -> None:
    async with provider_server() as gone:
        pass
    assert isinstance((await observe(llm(gone))).error, ModelConnectionError)

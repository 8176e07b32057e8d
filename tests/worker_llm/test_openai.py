"""`openai:…` with `OPENAI_BASE_URL`: any server that speaks Chat Completions (streamed)."""

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
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelRequestTimeout,
    ModelServerError,
    ModelUnavailableError,
    UnexpectedModelBehavior,
)
from pydantic_ai.models import Model

from tests.worker_llm.observing import observe
from tests.worker_llm.provider_server import ProviderServer, error, provider_server, silence, sse, stream
from worker.agent.llm.build import build_llm

DONE = b"data: [DONE]\n\n"


def llm(server: ProviderServer, **environment: str) -> Model[Any]:
    given = {"OPENAI_API_KEY": "key-2", "OPENAI_BASE_URL": f"{server.url}/v1", **environment}
    return build_llm("openai:local-model", given)


def chunk(*choices: dict[str, Any], **fields: Any) -> bytes:
    head = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "local-model"}
    return sse({**head, "choices": list(choices), **fields}, named=False)


def delta(finish: str | None = None, **fields: Any) -> bytes:
    return chunk({"index": 0, "delta": fields, "finish_reason": finish})


def call(index: int, arguments: str, **head: str) -> bytes:
    function = {"arguments": arguments, **({"name": "balance"} if head else {})}
    return delta(
        tool_calls=[{"index": index, "function": function, **({"type": "function", **head} if head else {})}]
    )


def usage() -> bytes:
    return chunk(usage={"prompt_tokens": 31, "completion_tokens": 9, "total_tokens": 40})


async def test_text_parallel_calls_and_the_answer_stream_through(server: ProviderServer) -> None:
    server.replies = [
        stream(
            [
                delta(role="assistant", content=""),
                delta(content="I look"),
                delta(content=" both up."),
                call(0, "", id="a"),
                call(0, '{"who":'),
                call(0, ' "Alice"}'),
                call(1, '{"who": "Bob"}', id="b"),
                delta(finish="tool_calls"),
                usage(),
                DONE,
            ]
        ),
        stream([delta(content="Five"), delta(content=" each."), delta(finish="stop"), DONE]),
    ]
    seen = await observe(llm(server))

    assert seen.text == ["I look", " both up.", "Five", " each."]
    assert seen.answer == "Five each."
    assert sorted(c["who"] for c in seen.calls) == ["Alice", "Bob"]
    assert "".join(seen.argument_deltas) == '{"who": "Alice"}'
    assert (seen.first_response.usage.input_tokens, seen.first_response.usage.output_tokens) == (31, 9)

    path, headers, body = server.requests[0]
    assert (path, headers["authorization"]) == ("/v1/chat/completions", "Bearer key-2")
    assert (body["model"], body["stream"]) == ("local-model", True)
    answered = [m for m in server.requests[1][2]["messages"] if m["role"] == "tool"]
    assert [m["tool_call_id"] for m in answered] == ["a", "b"]


async def test_a_server_of_ones_own_needs_no_key(server: ProviderServer) -> None:
    server.replies = [stream([delta(content="hello"), delta(finish="stop"), DONE])]
    assert (await observe(llm(server, OPENAI_API_KEY=""))).answer == "hello"


@pytest.mark.parametrize(
    ("status", "code", "raised"),
    [
        (401, "invalid_api_key", ModelAuthenticationError),
        (404, "model_not_found", ModelNotFoundError),
        (429, "rate_limit_exceeded", ModelRateLimitError),
        (429, "insufficient_quota", ModelQuotaExceededError),
        (500, "server_error", ModelServerError),
        (503, "unavailable", ModelUnavailableError),
    ],
)
async def test_a_refused_request_raises_its_kind_of_error(
    server: ProviderServer, status: int, code: str, raised: type[AgentRunError]
) -> None:
    server.replies = [error(status, {"error": {"message": "no", "type": code, "code": code}})]
    seen = await observe(llm(server))
    assert isinstance(seen.error, raised)
    assert isinstance(seen.error, ModelAPIError)
    assert len(server.requests) == 1


async def test_a_stream_cut_in_its_text_is_a_connection_error_after_that_text(server: ProviderServer) -> None:
    server.replies = [stream([delta(content="Half an ans")], cut=True)]
    seen = await observe(llm(server))
    assert seen.text == ["Half an ans"]
    assert isinstance(seen.error, ModelConnectionError)


async def test_an_error_in_the_middle_of_the_text_keeps_its_kind(server: ProviderServer) -> None:
    failure = sse(
        {"error": {"message": "slow down", "type": "x", "code": "rate_limit_exceeded"}}, named=False
    )
    server.replies = [stream([delta(content="Half"), failure])]
    seen = await observe(llm(server))
    assert seen.text == ["Half"]
    assert isinstance(seen.error, ModelRateLimitError)


async def test_a_malformed_event_is_an_api_error(server: ProviderServer) -> None:
    server.replies = [stream([delta(content="Half"), b'data: {"choices": [{"index"\n\n', DONE])]
    assert isinstance((await observe(llm(server))).error, ModelAPIError)


async def test_a_page_instead_of_a_stream_is_an_error(server: ProviderServer) -> None:
    server.replies = [stream([b"<html>proxy</html>"], "text/html")]
    assert isinstance((await observe(llm(server))).error, ModelAPIError | UnexpectedModelBehavior)


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

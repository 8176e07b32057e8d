"""`bedrock:…` against a server that speaks ConverseStream: AWS's binary event stream framing."""

from __future__ import annotations

import asyncio
import json
import struct
from binascii import crc32
from typing import Any

import pytest
from pydantic_ai.exceptions import (
    AgentRunError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelRateLimitError,
    ModelServerError,
    ModelUnavailableError,
)
from pydantic_ai.models import Model

from tests.worker_llm.observing import observe
from tests.worker_llm.provider_server import ProviderServer, error, json_reply, stream
from worker.agent.llm.build import build_llm

MODEL = "eu.anthropic.claude-haiku-4-5-20251001-v1:0"
FRAMES = "application/vnd.amazon.eventstream"


def llm(server: ProviderServer) -> Model[Any]:
    given = {
        "AWS_ACCESS_KEY_ID": "AKID",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": server.url,
        "AWS_REGION": "eu-west-1",
    }
    return build_llm(f"bedrock:{MODEL}", given)


def frame(payload: dict[str, Any], **headers: str) -> bytes:
    """Length, header length, CRC of both; headers (name, type 7 = string, value); payload; CRC of everything."""
    block = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
        for name, value in headers.items()
    )
    return framed(block, json.dumps(payload).encode())


def framed(block: bytes, body: bytes) -> bytes:
    prelude = struct.pack(">II", 16 + len(block) + len(body), len(block))
    message = prelude + struct.pack(">I", crc32(prelude)) + block + body
    return message + struct.pack(">I", crc32(message))


def event(kind: str, **payload: Any) -> bytes:
    return frame(
        payload, **{":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    )


def exception(kind: str) -> bytes:
    headers = {":exception-type": kind, ":content-type": "application/json", ":message-type": "exception"}
    return frame({"message": "no"}, **headers)


def text(index: int, *deltas: str) -> list[bytes]:
    said = [event("contentBlockDelta", contentBlockIndex=index, delta={"text": d}) for d in deltas]
    return [*said, event("contentBlockStop", contentBlockIndex=index)]


def call(index: int, call_id: str, *deltas: str) -> list[bytes]:
    start = {"toolUse": {"toolUseId": call_id, "name": "balance"}}
    return [
        event("contentBlockStart", contentBlockIndex=index, start=start),
        *(
            event("contentBlockDelta", contentBlockIndex=index, delta={"toolUse": {"input": d}})
            for d in deltas
        ),
        event("contentBlockStop", contentBlockIndex=index),
    ]


START = event("messageStart", role="assistant")


def end(reason: str) -> list[bytes]:
    usage = {"inputTokens": 20, "outputTokens": 8, "totalTokens": 28}
    return [event("messageStop", stopReason=reason), event("metadata", usage=usage, metrics={"latencyMs": 1})]


@pytest.mark.slow
async def test_text_parallel_calls_and_the_answer_stream_through(server: ProviderServer) -> None:
    calls = [*call(1, "a", '{"who":', ' "Alice"}'), *call(2, "b", '{"who": "Bob"}')]
    server.replies = [
        stream([START, *text(0, "I look", " both up."), *calls, *end("tool_use")], FRAMES),
        stream([START, *text(0, "Five", " each."), *end("end_turn")], FRAMES),
    ]
    seen = await observe(llm(server))

    assert seen.text == ["I look", " both up.", "Five", " each."]
    assert seen.answer == "Five each."
    assert sorted(c["who"] for c in seen.calls) == ["Alice", "Bob"]
    assert "".join(seen.argument_deltas) == '{"who": "Alice"}{"who": "Bob"}'
    assert (seen.first_response.usage.input_tokens, seen.first_response.usage.output_tokens) == (20, 8)

    path, headers, body = server.requests[0]
    assert path == f"/model/{MODEL}/converse-stream"
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKID/")
    assert "/eu-west-1/bedrock/" in headers["authorization"]
    assert [tool["toolSpec"]["name"] for tool in body["toolConfig"]["tools"] if "toolSpec" in tool] == [
        "balance"
    ]
    results = [c["toolResult"] for c in server.requests[1][2]["messages"][-1]["content"] if "toolResult" in c]
    assert [r["toolUseId"] for r in results] == ["a", "b"]


async def test_the_containers_role_signs_when_there_is_no_token(
    server: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """botocore finds and renews the role by itself, from the process's environment."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{server.url}/role")
    role = {"AccessKeyId": "ROLE", "SecretAccessKey": "s", "Token": "t", "Expiration": "2999-01-01T00:00:00Z"}
    server.replies = [json_reply(role), stream([START, *text(0, "ok"), *end("end_turn")], FRAMES)]
    environment = {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{server.url}/role",
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": server.url,
    }
    seen = await observe(await asyncio.to_thread(build_llm, f"bedrock:{MODEL}", environment))

    assert seen.answer == "ok"
    assert "Credential=ROLE/" in server.requests[1][1]["authorization"]


@pytest.mark.parametrize(
    ("status", "kind", "raised"),
    [
        (403, "AccessDeniedException", ModelAuthenticationError),
        (429, "ThrottlingException", ModelRateLimitError),
        (500, "InternalServerException", ModelServerError),
        (503, "ServiceUnavailableException", ModelUnavailableError),
    ],
)
async def test_a_refused_request_raises_its_kind_of_error(
    server: ProviderServer, status: int, kind: str, raised: type[AgentRunError]
) -> None:
    server.replies = [error(status, {"message": "no"}, {"x-amzn-ErrorType": kind})]
    seen = await observe(llm(server))
    assert isinstance(seen.error, raised)
    assert isinstance(seen.error, ModelAPIError)


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
async def test_botocore_repeats_nothing_in_any_of_its_modes(
    server: ProviderServer, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    """The agent repeats requests, and looks at the run's lease before."""
    monkeypatch.setenv("AWS_RETRY_MODE", mode)
    overloaded = error(503, {"message": "no"}, {"x-amzn-ErrorType": "ServiceUnavailableException"})
    server.replies = [overloaded] * 3
    assert isinstance((await observe(llm(server))).error, ModelUnavailableError)
    assert len(server.requests) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "raised"),
    [("throttlingException", ModelRateLimitError), ("internalServerException", ModelServerError)],
)
async def test_an_exception_in_the_middle_of_the_text_keeps_its_kind(
    server: ProviderServer, kind: str, raised: type[AgentRunError]
) -> None:
    server.replies = [stream([START, *text(0, "Half")[:-1], exception(kind)], FRAMES)]
    seen = await observe(llm(server))
    assert seen.text == ["Half"]
    assert isinstance(seen.error, raised)


async def test_a_stream_cut_in_its_text_is_a_connection_error_after_that_text(server: ProviderServer) -> None:
    server.replies = [stream([START, *text(0, "Half an ans")[:-1]], FRAMES, cut=True)]
    seen = await observe(llm(server))
    assert seen.text == ["Half an ans"]
    assert isinstance(seen.error, ModelConnectionError)


async def test_a_frame_with_a_wrong_checksum_is_an_api_error(server: ProviderServer) -> None:
    spoilt = START[:-1] + bytes([START[-1] ^ 1])
    server.replies = [stream([START, *text(0, "Half"), spoilt], FRAMES)]
    assert isinstance((await observe(llm(server))).error, ModelAPIError)

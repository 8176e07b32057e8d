"""A provider's error is reported to the right people, and its words reach the operator's log without a secret."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_ai.exceptions import ModelHTTPError

from tests.properties import examples
from tests.unlisted import tried
from tests.worker_llm import wires
from tests.worker_llm.conversation import conversation
from tests.worker_llm.provider_server import Reply, error, sse, stream
from worker.agent import failure_messages
from worker.agent.llm.classify_provider_error import cause_fields, fault_of

SECRET = "sk-proj-4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c"


def openai(message: str, **fields: Any) -> dict[str, Any]:
    return {
        "error": {"message": message, "type": "invalid_request_error", "param": None, "code": None, **fields}
    }


def claude(kind: str, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}


OLLAMA = "registry.ollama.ai/library/qwen:0.5b does not support tools"
VLLM = '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'
GOOGLE = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
GEMINI = [
    {
        "error": {
            "code": 400,
            "message": "API key not valid.",
            "status": "INVALID_ARGUMENT",
            "details": [GOOGLE],
        }
    }
]
WRAPPED = openai('Error from provider: {"error":{"message":"no","code":"context_length_exceeded"}}')
JSON_IN_JSON = {"error": {"code": 400, "message": '{"type":"error","error":{"type":"not_found_error"}}'}}

REFUSED: list[tuple[str, str, int, Any, str, int]] = [
    ("b17: Ollama, its own form", "chat", 400, {"error": OLLAMA}, "must choose another LLM", 1),
    (
        "b17: Ollama, OpenAI's form",
        "chat",
        400,
        openai(OLLAMA, type="api_error"),
        "must choose another LLM",
        1,
    ),
    (
        "b17: vLLM",
        "chat",
        400,
        {"object": "error", "message": VLLM, "code": 400},
        "must choose another LLM",
        1,
    ),
    (
        "b17: stream_options",
        "chat",
        400,
        openai("Unrecognized request argument supplied: stream_options"),
        "must choose another LLM",
        1,
    ),
    (
        "b17: OpenAI's code",
        "chat",
        400,
        openai("no", code="unsupported_parameter"),
        "must choose another LLM",
        1,
    ),
    ("b17: Gemini's key", "chat", 400, GEMINI, "must set a valid one", 1),
    (
        "b18: Groq 413",
        "chat",
        413,
        openai("Request too large for model", type="tokens", code="rate_limit_exceeded"),
        "start a new conversation",
        1,
    ),
    ("b18: a proxy's 413", "chat", 413, {"message": "Payload Too Large"}, "start a new conversation", 1),
    (
        "b18: Anthropic 413",
        "anthropic",
        413,
        claude("request_too_large", "Request exceeds the maximum size"),
        "start a new conversation",
        1,
    ),
    (
        "Anthropic 400",
        "anthropic",
        400,
        claude("invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum"),
        "start a new conversation",
        1,
    ),
    (
        "llama.cpp",
        "chat",
        400,
        openai("the request exceeds the available context size", type="exceed_context_size_error"),
        "start a new conversation",
        1,
    ),
    ("wrapped by a gateway", "chat", 400, WRAPPED, "start a new conversation", 1),
    ("JSON in a text", "chat", 400, JSON_IN_JSON, "must name another", 1),
    (
        "Anthropic's credit",
        "anthropic",
        400,
        claude("invalid_request_error", "Your credit balance is too low"),
        "must raise it",
        1,
    ),
    ("DeepSeek's balance", "chat", 402, openai("Insufficient Balance"), "must raise it", 1),
    (
        "b20: tool_use_failed",
        "chat",
        400,
        openai("Failed to call a function.", code="tool_use_failed"),
        "could not read",
        4,
    ),
    (
        "a refusal that nobody listed",
        "chat",
        400,
        openai("Gnarl frobnicated"),
        "finds its reason in the log",
        1,
    ),
    ("another status", "chat", 418, {"oops": [1]}, "finds its reason in the log", 1),
    ("an HTML page", "chat", 400, "<html>no</html>", "finds its reason in the log", 1),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wire", "status", "body", "words", "requests"),
    [row[1:] for row in REFUSED],
    ids=[row[0] for row in REFUSED],
)
async def test_a_refusal_is_told_to_whom_it_concerns(
    wire: str, status: int, body: Any, words: str, requests: int
) -> None:
    async with conversation() as talk:
        ended = await talk.say(wire, *[error(status, body)] * requests)
        notice = talk.notices[-1].content
        assert words in notice
        assert "rephrase" not in notice
        assert len(talk.server.requests) == requests
        assert ended.error is not None
        assert cause_fields(ended.error)["provider_status"] == status


async def test_a_tool_call_that_the_provider_could_not_read_is_asked_for_again() -> None:
    async with conversation() as talk:
        body = openai("Failed to call a function.", code="tool_use_failed", failed_generation="<function=x>")
        await talk.say("chat", error(400, body), wires.text("chat", "Five."))
        assert (talk.answer, talk.notices) == ("Five.", [])


async def test_a_redirect_is_the_operators_fault() -> None:
    """It is not followed, as the next address would get the API key."""
    async with conversation() as talk:
        for wire, status in (("chat", 307), ("anthropic", 300), ("responses", 304)):
            await talk.say(wire, error(status, {}, {"location": "/v2"}))
            assert "must correct the address" in talk.notices[-1].content
        assert len(talk.server.requests) == 3


FIRST_EVENTS: list[tuple[str, dict[str, Any]]] = [
    ("b22: a text", {"error": "slot unavailable"}),
    ("an object", {"error": {"message": "slot unavailable"}}),
    ("with a status", {"error": {"message": "slot unavailable", "code": 503}}),
]


@pytest.mark.parametrize("event", [row[1] for row in FIRST_EVENTS], ids=[row[0] for row in FIRST_EVENTS])
async def test_an_error_as_the_first_event_is_tried_again(event: dict[str, Any]) -> None:
    async with conversation() as talk:
        failure: Reply = stream([sse(event, named=False)])
        await talk.say("chat", failure, failure, wires.text("chat", "Five."))
        assert (talk.answer, talk.notices) == ("Five.", [])


def after(**ahead: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(**ahead), usegmt=True)


WAITS: list[tuple[str, str, str]] = [
    ("seconds", "40", "in a minute"),
    ("minutes", "1500", "in 26 minutes (after "),
    ("b24: a date a day away", after(days=1), f"after {datetime.now(UTC) + timedelta(days=1):%d %B %Y}"),
    ("not a date", "soon", "in a minute"),
    ("far away", "999999999999999", "later"),
]


@pytest.mark.parametrize(("asked", "words"), [row[1:] for row in WAITS], ids=[row[0] for row in WAITS])
async def test_the_person_reads_until_when_to_wait(asked: str, words: str) -> None:
    async with conversation() as talk:
        busy = error(429, openai("slow down", code="rate_limit_exceeded"), {"retry-after": asked})
        await talk.say("chat", *[busy] * (4 if asked == "soon" else 1))
        assert words in talk.notices[-1].content


async def test_the_log_has_the_providers_words_without_secrets() -> None:
    async with conversation() as talk:
        body = openai(f"Incorrect API key provided: {SECRET}. See https://u:p4ssw0rd@host/?api_key={SECRET}")
        ended = await talk.say("chat", error(401, body, {"x-request-id": "req-17"}))
        assert ended.error is not None
        fields = cause_fields(ended.error)
        assert fields["provider_request_id"] == "req-17"
        assert "Incorrect API key provided" in str(fields["provider_words"])
        assert SECRET not in str(fields)
        assert "p4ssw0rd" not in str(fields)
        assert SECRET not in talk.notices[-1].content


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60)
BODIES = st.recursive(
    WORDS | st.integers() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "message", "code", "type", "detail", "errors", "status"]), inner
        )
    ),
    max_leaves=8,
)


@examples(300)
@given(status=st.sampled_from([400, 404, 405, 409, 413, 418, 422, 429, 451, 500, 502, 520, 599]), body=BODIES)
def test_an_error_body_that_nobody_listed_falls_into_an_honest_default(status: int, body: Any) -> None:
    tried("bodies of LLM providers' errors", (status, body))
    problem = ModelHTTPError(status_code=status, model_name="m", body=body)
    assert fault_of(problem) is not None
    notice = failure_messages.describe(problem)
    assert "Something went wrong inside the server" not in notice
    assert "rephrase" not in notice or fault_of(problem) == "filtered"
    fields = cause_fields(problem)
    assert fields["provider_status"] == status
    assert len(str(fields["provider_words"])) <= 600


@examples(200)
@given(
    secret=st.from_regex(r"(sk-|gsk_|AIza|ghp_)[A-Za-z0-9]{20,40}", fullmatch=True),
    before=st.sampled_from(
        ["", "key: ", "Authorization: Bearer ", "https://x:", "?token=", '{"password": "', "Basic "]
    ),
    after=st.sampled_from(["", " is wrong", "@host/path", '"}', "&a=1", "\n"]),
)
def test_no_form_of_a_key_reaches_the_log(secret: str, before: str, after: str) -> None:
    tried("places of a secret in a provider's words", (before, after, len(secret), secret[:4]))
    problem = ModelHTTPError(
        status_code=401, model_name="m", body={"error": {"message": before + secret + after}}
    )
    assert secret not in str(cause_fields(problem))


@pytest.mark.parametrize(
    "secret",
    ["q8Jf+3k/Zm1XvT9sLwAbCdEf0123456789+/xyzAB==", "kQxTzLmWpR" * 4],
    ids=["base64", "letters alone"],
)
def test_a_key_without_a_known_prefix_is_not_in_the_log(secret: str) -> None:
    for words in (
        f"The API Key {secret} is not valid",
        f"key={secret}",
        f"https://node.example/v3/{secret} failed",
    ):
        body = {"error": {"message": words}}
        assert secret not in str(cause_fields(ModelHTTPError(status_code=401, model_name="m", body=body)))

"""Sentences of many servers for the same few facts, in any form of body; and the sentences of a refused history, which
must stay `rejected`, because only that is sent once more as plain text.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_ai.exceptions import ModelHTTPError

from tests.properties import examples
from tests.unlisted import tried
from tests.worker_llm import test_openai as chat
from tests.worker_llm.conversation import conversation
from tests.worker_llm.provider_server import Reply, json_reply, sse, stream
from worker.agent.llm.classify_provider_error import cause_fields, fault_of
from worker.agent.llm.provider_error_codes import Fault
from worker.agent.llm.provider_error_patterns import VAGUE_STATUSES

SAID: tuple[tuple[Fault, str, str], ...] = (
    (
        "too_long",
        "LM Studio",
        "the model is loaded with context length of only 4096 tokens, which is not enough",
    ),
    ("too_long", "vLLM", "The decoder prompt (length 9000) is longer than the maximum model length of 4096."),
    ("too_long", "TGI", "Input validation error: `inputs` must have less than 4095 tokens. Given: 9000"),
    ("too_long", "TGI", "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens"),
    (
        "too_long",
        "SGLang",
        "The input (9000 tokens) is longer than the model's context length (4096 tokens).",
    ),
    (
        "too_long",
        "xAI",
        "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
    ),
    ("too_long", "Moonshot", "Invalid request: Your request exceeded model token limit: 8192"),
    ("too_long", "GitHub Models", "prompt token count of 70000 exceeds the limit of 64000"),
    ("too_long", "Z.ai", "Prompt exceeds max length"),
    ("too_long", "Anthropic", "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000"),
    ("too_long", "Cohere", "too many tokens: total number of tokens in the prompt cannot exceed 4081"),
    ("too_long", "Amazon Nova", "Input Tokens Exceeded: Number of input tokens exceeds maximum length."),
    ("too_long", "Ollama", "prompt too long; exceeded max context length by 42 tokens"),
    (
        "too_long",
        "Alibaba",
        "InternalError.Algo.InvalidParameter: Range of input length should be [1, 98304]",
    ),
    ("unsupported", "Hugging Face", "Tool calling is not supported for this model"),
    ("unsupported", "Fireworks", "Function calling is not supported for this model"),
    ("unsupported", "Perplexity", "Tool use is not supported"),
    ("unsupported", "DeepInfra", "This model does not support tool calling"),
    ("unsupported", "Cerebras", "Streaming is not supported with tools on this model"),
    ("unsupported", "Gemma at Google", "Developer instruction is not enabled for models/gemma-3-27b-it"),
    ("unsupported", "vLLM", "Tool use requires --tool-call-parser to be set"),
    ("unsupported", "Azure", "The chatCompletion operation does not work with the specified model, ada-2."),
    ("no_such_llm", "LM Studio", "No models loaded. Please load a model in the developer page."),
    (
        "no_such_llm",
        "Groq",
        "The model `llama2-70b-4096` has been decommissioned and is no longer supported.",
    ),
    ("no_such_llm", "OpenRouter", "foo/bar is not a valid model ID"),
    ("no_such_llm", "DeepSeek", "Model Not Exist"),
    ("no_such_llm", "Mistral", "Invalid model: mistral-huge"),
    ("no_such_llm", "Z.ai", "Unknown Model, please check the model code."),
    ("no_such_llm", "Bedrock", "The provided model identifier is invalid."),
    (
        "no_such_llm",
        "Bedrock",
        "Invocation of model ID anthropic.claude-4-v1:0 with on-demand throughput isn’t supported.",
    ),
    ("no_such_llm", "LiteLLM", "/chat/completions: Invalid model name passed in model=foo."),
    ("no_such_llm", "Nebius", "The model `meta/llama` does not exist."),
    ("no_access", "Anthropic", "This organization has been disabled."),
    ("no_access", "Gemini", "User location is not supported for the API use."),
    ("no_access", "OpenAI", "Country, region, or territory not supported"),
    ("out_of_quota", "OpenRouter", "Key limit exceeded (total limit). Manage it in your settings."),
    ("out_of_quota", "xAI", "Your newly created team doesn't have any credits yet."),
    ("out_of_quota", "SiliconFlow", "Sorry, your account balance is insufficient"),
    ("out_of_quota", "Alibaba", "Access denied, please make sure your account is in good standing."),
    ("filtered", "OpenRouter", "Input was flagged"),
    ("filtered", "OpenAI", "Your prompt was flagged as potentially violating our usage policy."),
    ("filtered", "DeepSeek", "Content Exists Risk"),
    ("filtered", "Z.ai", "System detected potentially unsafe or sensitive content in input or generation."),
    ("filtered", "Anthropic", "Output blocked by content filtering policy"),
    ("filtered", "xAI", "Content violates usage guidelines."),
    ("bad_key", "MiniMax", "login fail: Please carry the API secret key in the 'Authorization' field"),
)
REFUSED_HISTORIES = (
    "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.",
    "Invalid 'messages[3].tool_calls[0].id': string too long. Expected maximum length 40, but got length 50.",
    "messages.3.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'",
    "messages.1.content.0.image.source.base64: image exceeds 5 MB maximum",
    "messages: text content blocks must be non-empty",
    "messages.5: `tool_use` ids must be unique",
    "unexpected `tool_use_id` found in `tool_result` blocks: toolu_1",
    "Conversation roles must alternate user/assistant/user/assistant",
    "Please ensure that function call turn comes immediately after a user turn or after a function response turn.",
    "Function call is missing a thought_signature in functionCall parts.",
    "The model returned the following errors: messages.1.content: Input should be a valid list",
    "Invalid value: 'tool'. Supported values are: 'system', 'assistant', 'user', and 'function'.",
    "Not the same number of function calls and responses",
    'Error rendering prompt with jinja template: "Cannot read properties of undefined".',
    "Invalid parameter: tool call id is empty",
    "Failed to deserialize the JSON body into the target type: messages[2]: missing field `content`",
)
FORMS: dict[str, Any] = {
    "OpenAI": lambda said: {
        "error": {"message": said, "type": "invalid_request_error", "param": None, "code": None}
    },
    "vLLM": lambda said: {"object": "error", "message": said, "type": "BadRequestError", "code": 400},
    "a text": lambda said: {"error": said},
    "FastAPI": lambda said: {"detail": said},
    "FastAPI's list": lambda said: {"detail": [{"loc": ["body"], "msg": said, "type": "value_error"}]},
    "Google": lambda said: [{"error": {"code": 400, "message": said, "status": "INVALID_ARGUMENT"}}],
    "botocore": lambda said: {"Error": {"Message": said, "Code": "ValidationException"}},
    "a gateway": lambda said: {
        "error": {"message": f"litellm.BadRequestError: {json.dumps({'error': {'message': said}})}"}
    },
    "Cloudflare": lambda said: {"errors": [{"message": f"AiError: {said}", "code": 5007}], "success": False},
}


@pytest.mark.parametrize(("fault", "server", "said"), SAID)
def test_a_servers_own_sentence_is_understood(fault: Fault, server: str, said: str) -> None:
    problem = ModelHTTPError(status_code=400, model_name="m", body=FORMS["OpenAI"](said))
    assert fault_of(problem) == fault, server


@examples(400)
@given(
    row=st.sampled_from(SAID),
    form=st.sampled_from(sorted(FORMS)),
    status=st.sampled_from(sorted(VAGUE_STATUSES - {200, 405})),
    change=st.sampled_from([str, str.lower, str.upper, "Error: {}".format, "{} (request id: 7f3)".format]),
)
def test_a_sentence_says_the_same_in_every_form(
    row: tuple[Fault, str, str], form: str, status: int, change: Any
) -> None:
    fault, _, said = row
    tried("sentences of LLM providers' errors", (said, form, status, change("")))
    assert (
        fault_of(ModelHTTPError(status_code=status, model_name="m", body=FORMS[form](change(said)))) == fault
    )


@pytest.mark.parametrize("said", REFUSED_HISTORIES)
def test_a_refused_history_is_no_other_fault(said: str) -> None:
    for body in (form(said) for form in FORMS.values()):
        assert fault_of(ModelHTTPError(status_code=400, model_name="m", body=body)) == "rejected", body


def test_a_limit_of_requests_is_not_a_long_conversation() -> None:
    said = "Rate limit reached on tokens per min (TPM): Limit 10000, Used 9000. Your prompt tokens exceed it."
    problem = ModelHTTPError(status_code=429, model_name="m", body=FORMS["OpenAI"](said))
    assert fault_of(problem) == "rate_limited"


STATUSES: tuple[tuple[int, object, Fault], ...] = (
    (403, "error code: 1010", "no_access"),
    (405, {"detail": "Method Not Allowed"}, "not_an_llm"),
    (409, {"error": "conflict"}, "overloaded"),
    (424, {"message": "The model had an error"}, "server"),
    (425, {"message": "too early"}, "overloaded"),
    (498, {"error": {"message": "Flex tier capacity exceeded"}}, "overloaded"),
    (499, {"error": "client closed request"}, "broken_off"),
)


@pytest.mark.parametrize(("status", "body", "fault"), STATUSES)
def test_a_status_that_says_something_is_listened_to(status: int, body: object, fault: Fault) -> None:
    assert fault_of(ModelHTTPError(status_code=status, model_name="m", body=body)) == fault


DOCUMENTS: tuple[tuple[str, dict[str, Any], Fault, int], ...] = (
    (
        "OpenRouter, upstream's limit",
        {"error": {"message": "Provider returned error", "code": 429}},
        "rate_limited",
        4,
    ),
    ("OpenRouter, credits", {"error": {"message": "More is required", "code": 402}}, "out_of_quota", 1),
    (
        "vLLM, flat",
        {"object": "error", "message": "Internal", "type": "InternalServerError", "code": 500},
        "server",
        4,
    ),
    ("FastAPI", {"detail": "Not enough credits"}, "out_of_quota", 1),
    ("MiniMax", {"base_resp": {"status_code": 1004, "status_msg": "login fail"}}, "bad_key", 1),
    (
        "Cloudflare",
        {"errors": [{"message": "no such model @cf/x", "code": 5007}], "success": False},
        "no_such_llm",
        1,
    ),
    ("a text", {"error": "Incorrect API key provided"}, "bad_key", 1),
)


def as_event(body: dict[str, Any]) -> Reply:
    return stream([sse(body, named=False)])


def after_a_chunk(body: dict[str, Any]) -> Reply:
    return stream([chat.delta(role="assistant", content=""), sse(body, named=False), chat.DONE])


def as_text(body: dict[str, Any]) -> Reply:
    return stream([json.dumps(body).encode()], "text/plain")


@pytest.mark.slow
@pytest.mark.parametrize(
    "reply", [as_event, after_a_chunk, json_reply, as_text], ids=lambda reply: reply.__name__
)
@pytest.mark.parametrize(
    ("body", "fault", "requests"), [row[1:] for row in DOCUMENTS], ids=[row[0] for row in DOCUMENTS]
)
async def test_an_error_in_place_of_an_answer_is_told_by_its_words(
    reply: Any, body: dict[str, Any], fault: Fault, requests: int
) -> None:
    async with conversation() as talk:
        ended = await talk.say("chat", *[reply(body)] * 4)
        assert ended.ending.outcome == "failed"
        assert ended.error is not None
        assert (fault_of(ended.error), len(talk.server.requests)) == (fault, requests)
        assert str(cause_fields(ended.error)["provider_words"]) not in ("", "{}")


async def test_an_answer_that_came_whole_although_a_stream_was_asked_for_is_not_searched_for_faults() -> None:
    async with conversation() as talk:
        said = {"choices": [{"message": {"content": "The model x does not exist."}}], "message": "ok"}
        ended = await talk.say("chat", json_reply(said))
        assert ended.error is not None
        assert fault_of(ended.error) == "not_an_llm"

"""The words of LLM providers' errors, as data. Only `llm/classify_provider_error.py` looks a provider's answer up here.

A code must match as a whole, in any field of the body; a phrase may match inside any text of the body. A body that
matches no row is classified by its status alone. Rows without an issue and its date were written from memory: whose
words they are was not looked up.
"""

from __future__ import annotations

from typing import Literal

Fault = Literal[
    "bad_call",
    "bad_key",
    "broken_off",
    "filtered",
    "no_access",
    "no_such_llm",
    "not_an_llm",
    "out_of_quota",
    "overloaded",
    "rate_limited",
    "rejected",
    "server",
    "timeout",
    "too_long",
    "unsupported",
    "unusable",
]
"""`unsupported`: the LLM or its server cannot do what each of our requests needs. `bad_call`: the LLM wrote a tool
call that its provider could not read. `unusable`: the form of the answer is not understood. `no_access`: the provider
does not serve us, whatever the key.
"""

CODES: tuple[tuple[str, Fault, str], ...] = (
    ("tool_use_failed", "bad_call", "Groq: vercel/ai#6916 (2025-06-29), pydantic-ai#4354 (2026-02-18)"),
    ("output_parse_failed", "bad_call", "Groq"),
    ("malformed_function_call", "bad_call", "Gemini FinishReason"),
    ("request_too_large", "too_long", "Anthropic 413"),
    ("context_length_exceeded", "too_long", "OpenAI"),
    ("string_above_max_length", "too_long", "OpenAI"),
    ("exceed_context_size_error", "too_long", "llama.cpp server"),
    ("api_key_invalid", "bad_key", "Google ErrorInfo.reason, with 400"),
    ("invalid_api_key", "bad_key", "OpenAI, Groq"),
    ("authentication_error", "bad_key", "Anthropic"),
    ("permission_error", "bad_key", "Anthropic"),
    ("unauthenticated", "bad_key", "Google"),
    ("permission_denied", "bad_key", "Google"),
    ("insufficient_quota", "out_of_quota", "OpenAI"),
    ("billing_error", "out_of_quota", "Anthropic 402"),
    ("billing_hard_limit_reached", "out_of_quota", "OpenAI"),
    ("billing_not_active", "out_of_quota", "OpenAI"),
    ("exceeded_current_quota_error", "out_of_quota", "Moonshot"),
    ("arrearage", "out_of_quota", "Alibaba Model Studio 400"),
    ("model_not_found", "no_such_llm", "OpenAI, Groq"),
    ("model_not_supported", "no_such_llm", "GitHub Models, Hugging Face router"),
    ("not_found_error", "no_such_llm", "Anthropic"),
    ("overloaded_error", "overloaded", "Anthropic"),
    ("throttlingexception", "rate_limited", "Bedrock, as 400 through gateways"),
    ("content_filter", "filtered", "Azure OpenAI"),
    ("content_policy_violation", "filtered", "OpenAI"),
    ("data_inspection_failed", "filtered", "Alibaba Model Studio"),
    ("unsupported_parameter", "unsupported", "OpenAI"),
    ("unknown_parameter", "unsupported", "OpenAI"),
    ("unsupported_value", "unsupported", "OpenAI"),
)

PHRASES: tuple[tuple[str, Fault, str], ...] = (
    ("not support tools", "unsupported", "ollama#14795 (2026-03-12)"),
    ("not support tool use", "unsupported", "Bedrock ValidationException"),
    ("t support tool use", "unsupported", "Bedrock: This model doesn't support tool use in streaming mode"),
    ("support tool use", "unsupported", "OpenRouter: No endpoints found that support tool use"),
    ("not support function calling", "unsupported", "SiliconFlow, Together"),
    ("function calling is not enabled", "unsupported", "Gemini"),
    ("enable-auto-tool-choice", "unsupported", "vLLM serving_chat"),
    ("requires --jinja", "unsupported", "llama.cpp: tools param requires --jinja flag"),
    ("stream_options", "unsupported", "vLLM, Azure before 2024-09, older gateways"),
    ("unrecognized request argument", "unsupported", "OpenAI-compatible gateways"),
    (
        "extra inputs are not permitted",
        "unsupported",
        "servers built on pydantic: Mistral, Anthropic, LiteLLM",
    ),
    ("api key not valid", "bad_key", "Gemini 400"),
    ("api key expired", "bad_key", "Gemini 400"),
    ("invalid api key", "bad_key", "many gateways"),
    ("incorrect api key", "bad_key", "OpenAI, x.ai 400"),
    ("credit balance is too low", "out_of_quota", "Anthropic 400 invalid_request_error"),
    ("insufficient balance", "out_of_quota", "DeepSeek 402, Moonshot"),
    ("prompt is too long", "too_long", "Anthropic 400, Bedrock"),
    ("input is too long", "too_long", "Bedrock"),
    ("maximum context length", "too_long", "vLLM, OpenRouter, Mistral"),
    ("context window", "too_long", "LM Studio, SGLang"),
    ("context size", "too_long", "llama.cpp: exceeds the available context size"),
    ("request too large", "too_long", "Groq 413"),
    ("input token count", "too_long", "Gemini 400"),
)

CODE_FIELDS = ("code", "type", "status", "reason", "__type", "error_code", "errorcode")
"""The fields, in lower case, in which the bodies above have their codes."""

REDIRECTS = frozenset(range(300, 400))
"""They are not followed: the next address would get the API key."""
STATUSES: dict[int, Fault] = {
    **dict.fromkeys(REDIRECTS, "not_an_llm"),
    400: "rejected",
    401: "bad_key",
    402: "out_of_quota",
    403: "no_access",
    404: "no_such_llm",
    405: "not_an_llm",
    407: "not_an_llm",
    408: "broken_off",
    409: "overloaded",
    413: "too_long",
    422: "rejected",
    424: "server",
    425: "overloaded",
    429: "rate_limited",
    498: "overloaded",
    499: "broken_off",
    503: "overloaded",
    529: "overloaded",
}
"""Other statuses of 500 and above mean a server error; others below 500 mean a rejected request."""
DECISIVE_STATUSES = frozenset({413})
"""Statuses that count more than the words: Groq calls a 413 `rate_limit_exceeded`, and waiting does not help."""
TELLING_STATUSES = REDIRECTS | {403, 405, 407, 409, 424, 425, 498, 499}
"""Statuses that say more than the class of error that the library makes of them: Groq's 498 and Bedrock's 424 are not
refusals, and a 403 may come from a firewall or be about a region.
"""
ERROR_FIELDS = frozenset({"error", "errors", "detail", "message", "msg", "base_resp"})
"""The outermost fields of an error that is sent instead of an answer, in the forms of OpenAI, FastAPI, vLLM, Cloudflare
and MiniMax.
"""
ANSWER_FIELDS = frozenset({"choices", "content", "output", "candidates"})
"""The outermost fields of an answer, of which the words say nothing about a fault."""

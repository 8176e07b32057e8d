"""How an LLM's answer ended, decided in one place for every provider.

Only an answer that ended normally may have side effects: no tool call of any other answer runs.
"""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic_ai.messages import ModelResponse, ModelResponsePart, TextPart

from forge.models.message import AnswerEnd

LlmEnd = AnswerEnd | Literal["whole"]

_BY_LIBRARY: dict[str, LlmEnd] = {
    "stop": "whole",
    "tool_call": "whole",
    "length": "cut_off",
    "content_filter": "filtered",
    "error": "failed",
}
"""pydantic-ai's `FinishReason`, to which it maps the reasons that each provider documents."""

_BY_PROVIDER: tuple[tuple[str, LlmEnd, str], ...] = (
    ("stop", "whole", "OpenAI, and Gemini FinishReason STOP as gateways pass it on"),
    ("tool_calls", "whole", "OpenAI"),
    ("function_call", "whole", "OpenAI"),
    ("end", "whole", "gateways"),
    ("end_of_turn", "whole", "watsonx, gateways before Gemma"),
    ("finished", "whole", "gateways"),
    ("done", "whole", "gateways before Ollama"),
    ("length", "cut_off", "OpenAI"),
    ("max_length", "cut_off", "watsonx"),
    ("token_limit", "cut_off", "watsonx"),
    ("content_filter", "filtered", "OpenAI"),
    ("end_turn", "whole", "Anthropic stop_reason"),
    ("tool_use", "whole", "Anthropic stop_reason"),
    ("tool_call", "whole", "Cohere v2 finish_reason TOOL_CALL"),
    ("stop_sequence", "whole", "Hugging Face TGI FinishReason; Anthropic stop_reason"),
    ("eos_token", "whole", "Hugging Face TGI FinishReason"),
    ("eos", "whole", "Together AI finish_reason"),
    ("complete", "whole", "Cohere v2 finish_reason COMPLETE"),
    ("completed", "whole", "OpenAI Responses status"),
    ("max_tokens", "cut_off", "Cohere, Gemini FinishReason MAX_TOKENS, Anthropic stop_reason"),
    ("max_output_tokens", "cut_off", "OpenAI Responses incomplete_details.reason"),
    ("model_length", "cut_off", "Mistral finish_reason"),
    ("model_context_window_exceeded", "cut_off", "Anthropic stop_reason"),
    ("safety", "filtered", "Gemini FinishReason SAFETY"),
    ("recitation", "filtered", "Gemini FinishReason RECITATION"),
    ("prohibited_content", "filtered", "Gemini FinishReason PROHIBITED_CONTENT"),
    ("blocklist", "filtered", "Gemini FinishReason BLOCKLIST"),
    ("sensitive", "filtered", "Z.ai finish_reason"),
    ("guardrail_intervened", "filtered", "Bedrock stopReason"),
    ("refusal", "refused", "Anthropic stop_reason"),
)
"""Reasons in a provider's own words, which gateways pass on unchanged, spelled as `_spelled` does. Read on 2026-11-26:
Anthropic's in anthropic 2.12.0 (`StopReason`), OpenAI's in openai 3.54.0 (`ResponseStatus`, `IncompleteDetails`),
Bedrock's in botocore's bedrock-runtime; those of Cohere, Gemini, Hugging Face, Mistral and Z.ai in the maps of
pydantic-ai 2.68.0. Those of Together AI, watsonx and gateways are from memory, not looked up. An answer whose reason
is in neither table did not end normally.
"""

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_RAW: dict[str, LlmEnd] = {reason: end for reason, end, _ in _BY_PROVIDER}


def _spelled(reason: str) -> str:
    """Return the reason in lower case with underscores: gateways write `STOP`, `tool-calls`, `ToolCalls` and
    `FINISH_REASON_STOP`.
    """
    words = _HUMP.sub("_", reason.strip()).replace("-", "_").replace(" ", "_").lower()
    return words.removeprefix("finish_reason_")


def end_of(response: ModelResponse) -> LlmEnd:
    """A missing finish reason means that the provider's answer was cut off."""
    details: dict[str, Any] = response.provider_details or {}
    raw = _spelled(str(details.get("finish_reason") or ""))
    if details.get("refusal"):
        return "refused"
    if raw in _RAW:
        return _RAW[raw]
    if response.finish_reason is not None:
        return _BY_LIBRARY[response.finish_reason]
    if raw:
        return "failed"
    is_providers = response.provider_name is not None
    return "cut_off" if is_providers else "whole"


def lacks_finish(response: ModelResponse) -> bool:
    """Return whether the stream stopped without a reason, because its connection or its server ended."""
    return response.finish_reason is None and not (response.provider_details or {}).get("finish_reason")


def says_something(part: ModelResponsePart) -> bool:
    return isinstance(part, TextPart) and bool(part.content.strip())

"""Patterns of what sentences of LLM providers' errors say. `provider_error_codes.py` has the codes and exact phrases.

Every server has sentences of its own for the same few facts, so a row describes what such sentences have in common: the
thing that is named, and what is said of it. `classify_provider_error.py` uses the rows where the HTTP status says
little. The sentence of a refused history, such as "string too long" of a call's id, must match no row: only a
`rejected` request is sent again as plain text.
"""

from __future__ import annotations

import re

from worker.agent.llm.provider_error_codes import Fault

VAGUE_STATUSES = frozenset({200, 400, 403, 405, 422})
"""Statuses that servers use for many different reasons."""

_NAMED = r"\bmodels?(?: identifier| id| name)?:? ?(?:\S{1,120} )?"
"""A model, perhaps with its name."""
_TOOLS = r"\b(?:tools?|tool[- ]?(?:use|call(?:s|ing)?)|functions?|function[- ]?call(?:s|ing)?)"

_ROWS: tuple[tuple[str, Fault, str], ...] = (
    (
        r"\bflagged\b|\bmoderation\b|content (?:filter|policy|management policy|exists risk|violates)|usage polic"
        r"|inappropriate content|unsafe or sensitive|considered high risk",
        "filtered",
        "OpenAI invalid_prompt, OpenRouter 403, DeepSeek, Z.ai 1301, Anthropic and Bedrock 400, Moonshot, xAI 403",
    ),
    (
        r"\b(?:insufficient|not enough|no|any|low|exceeded|used up|out of)\b[^.\n]{0,30}\b(?:balance|credits?|funds)\b"
        r"|\bbalance is (?:insufficient|too low)|\bkey limit exceeded|account is in good standing|\bservice quota",
        "out_of_quota",
        "SiliconFlow 403, OpenRouter 403, xAI 403, Alibaba's Arrearage, MiniMax 1008, Bedrock",
    ),
    (
        r"\b(?:location|country|region|territory)\b[^.\n]{0,40}\bnot supported|organization has been disabled"
        r"|account (?:is|has been) (?:disabled|suspended|deactivated)",
        "no_access",
        "Gemini 400 FAILED_PRECONDITION, OpenAI 403, Anthropic 400",
    ),
    (
        r"\blogin fail|\b(?:invalid|incorrect|missing|wrong) (?:api[- ]?)?(?:key|token)\b",
        "bad_key",
        "MiniMax 1004",
    ),
    (
        _NAMED + r"(?:is |was |has been |does |code )*"
        r"(?:not exist|not found|not available|not valid|invalid|unknown|decommissioned|retired|not loaded)\b"
        r"|\b(?:unknown|invalid|no such|not a valid) model\b|\bno models? (?:loaded|available)|on-demand throughput"
        r"|end of its life",
        "no_such_llm",
        "LM Studio, Groq, OpenRouter, DeepSeek, Mistral, Z.ai 1211, LiteLLM, vLLM, Bedrock ValidationException",
    ),
    (
        _TOOLS + r" (?:is|are)(?: currently)?(?: not|n't) (?:supported|enabled|available)"
        r"|(?:not|n't) support (?:the use of )?(?:parallel )?(?:tool|function)|\bstreaming is not supported"
        r"|requires --tool-call-parser|not work with the specified model|instruction is not enabled"
        r"|not (?:a chat model|supported in the v1/chat)",
        "unsupported",
        "Hugging Face, Fireworks, Perplexity, DeepInfra, Cerebras, Gemma at Google, vLLM, Azure OperationNotSupported",
    ),
    (
        r"\b(?:context|prompt|maximum input|input) (?:length|limit)\b|\bmodel length\b|\btoken limit\b|input_too_long"
        r"|\btoo many (?:input )?tokens|\binput tokens? exceed"
        r"|less than \d+ tokens|\btokens?\b[^.\n]{0,60}(?:\bexceeds?\b|\bcannot exceed|\bless than|<=)"
        r"|\b(?:prompt|inputs?|messages|conversation)\b[^.\n\[]{0,40}"
        r"\b(?:exceeds?|exceeded|longer than|too (?:long|large))\b",
        "too_long",
        "LM Studio, vLLM, TGI, SGLang, xAI, Moonshot, GitHub Models, Z.ai 1261, Anthropic's context limit, Cohere, "
        "Amazon Nova, Ollama, Databricks, Alibaba",
    ),
)
"""The first row that matches decides. Written from memory of these providers' answers, not looked up."""

SENTENCES: tuple[tuple[re.Pattern[str], Fault], ...] = tuple(
    (re.compile(pattern), fault) for pattern, fault, _ in _ROWS
)

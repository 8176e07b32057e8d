"""Estimates of the tokens of a request and of a response, where nobody counts them: local models, silent providers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from pydantic_ai.messages import ModelMessage, ModelRequestPart, ModelResponsePart
from pydantic_ai.models import ModelRequestParameters

CHARACTERS_PER_TOKEN = 4
"""The usual estimate for English; only limits and displays depend on it."""


def estimated_tokens(messages: Sequence[ModelMessage]) -> int:
    """Return the tokens of a request's messages, without the tools that are offered."""
    return tokens_of_parts(part for message in messages for part in message.parts)


def tokens_of_parts(parts: Iterable[ModelRequestPart | ModelResponsePart]) -> int:
    """Return the tokens of texts, thoughts, results and arguments of tool calls."""
    return 1 + sum(map(_characters, parts)) // CHARACTERS_PER_TOKEN


def tokens_of_offer(offered: ModelRequestParameters) -> int:
    """Return the tokens of the instructions, and of the tools' names, descriptions and schemas."""
    tools = (
        len(tool.name) + len(tool.description or "") + len(json.dumps(tool.parameters_json_schema))
        for tool in offered.function_tools
    )
    told = sum(len(part.content) for part in offered.instruction_parts or [])
    return (told + sum(tools)) // CHARACTERS_PER_TOKEN


def _characters(part: ModelRequestPart | ModelResponsePart) -> int:
    return sum(len(str(getattr(part, name, None) or "")) for name in ("tool_name", "content", "args"))

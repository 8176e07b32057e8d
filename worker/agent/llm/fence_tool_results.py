"""What a provider gets of tool results: data between marks, for every tool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from pydantic_ai.messages import BinaryContent, ModelMessage, ModelRequest, ToolReturnPart

from worker.untrusted_text import fenced


def fenced_results(messages: Sequence[ModelMessage]) -> list[ModelMessage]:
    """Return each tool result as one fenced text, and its files unchanged. The stored history has no marks."""
    return [_fenced(message) if isinstance(message, ModelRequest) else message for message in messages]


def _fenced(message: ModelRequest) -> ModelRequest:
    if not any(isinstance(part, ToolReturnPart) for part in message.parts):
        return message
    parts = [_part(part) if isinstance(part, ToolReturnPart) else part for part in message.parts]
    return replace(message, parts=parts)


def _part(part: ToolReturnPart) -> ToolReturnPart:
    text = fenced(part.tool_name, part.model_response_str(wrap_if_error=False), part.tool_call_id)
    files = _files(part.content)
    return replace(part, content=[text, *files] if files else text)


def _files(content: Any) -> list[BinaryContent]:
    if isinstance(content, BinaryContent):
        return [content]
    items = cast("list[Any]", content) if isinstance(content, list) else []
    return [item for item in items if isinstance(item, BinaryContent)]

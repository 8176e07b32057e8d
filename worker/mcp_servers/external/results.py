"""What of a server's result is handed on: both of its forms when they say different things."""

from __future__ import annotations

import json
from typing import Any, cast

from fastmcp.tools.base import ToolResult
from mcp_types import CallToolResult, TextContent


def combined(result: CallToolResult) -> ToolResult:
    """The specification wants the text to be the structured content as JSON. Where it is not, the LLM gets both."""
    structured = result.structured_content
    if structured is None or not _differ(result, structured):
        return ToolResult.from_mcp_result(result)
    data = TextContent(type="text", text=json.dumps(structured, ensure_ascii=False))
    return ToolResult(content=[*result.content, data], meta=result.meta)


def _differ(result: CallToolResult, structured: dict[str, Any]) -> bool:
    """Whether the content has anything that the structured content has not."""
    if not result.content:
        return False
    if any(not isinstance(part, TextContent) for part in result.content):
        return True
    texts = [part.text for part in result.content if isinstance(part, TextContent)]
    known = {json.dumps(value, sort_keys=True) for value in _values(structured)}
    return not all(_parsed(text) in known for text in texts if text.strip())


def _values(structured: dict[str, Any]) -> list[Any]:
    """The whole, and each of its parts: servers also put one text for each element of a list."""
    parts: list[Any] = [structured]
    if len(structured) == 1:
        [value] = structured.values()
        parts += [value, *(cast("list[Any]", value) if isinstance(value, list) else [])]
    return parts


def _parsed(text: str) -> str:
    try:
        return json.dumps(json.loads(text), sort_keys=True)
    except (ValueError, RecursionError):
        return json.dumps(text)

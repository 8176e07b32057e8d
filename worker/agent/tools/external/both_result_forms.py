"""What is passed on of a server's result: both of its forms if they differ, and files that can be read."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, cast

from fastmcp.tools.base import ToolResult
from mcp_types import (
    AudioContent,
    BlobResourceContents,
    CallToolResult,
    ContentBlock,
    EmbeddedResource,
    ImageContent,
    TextContent,
)

from worker.json_text import read_json
from worker.tool_outcomes import without_ours

_TO_PLAIN = str.maketrans("-_", "+/")
_TYPE_LIMIT = 60


def combined(result: CallToolResult) -> ToolResult:
    """By the specification the text is the structured content as JSON. If it is not, the LLM gets both."""
    content = [_readable(part) for part in result.content]
    result = result.model_copy(update={"content": content, "meta": without_ours(result.meta)})
    structured = result.structured_content
    if structured is None or not _differ(result, structured):
        return ToolResult.from_mcp_result(result)
    said = json.dumps(_without_files(structured, _files(result)), ensure_ascii=False)
    return ToolResult(content=[*result.content, TextContent(type="text", text=said)], meta=result.meta)


def said_of_error(result: CallToolResult) -> list[ContentBlock]:
    """Return what an error says in any of its forms; some servers have its words in the structured content alone."""
    content = combined(result).content
    if all(map(_is_blank, content)) and result.structured_content:
        return [TextContent(type="text", text=json.dumps(result.structured_content, ensure_ascii=False))]
    return content


def _differ(result: CallToolResult, structured: dict[str, Any]) -> bool:
    """Return whether the content, which is shown alone if it has files, and the structured content differ."""
    content = [part for part in result.content if not _is_blank(part)]
    if all(isinstance(part, TextContent) for part in content):
        known = {json.dumps(value, sort_keys=True) for value in _values(structured)}
        return not all(_parsed(part.text) in known for part in content if isinstance(part, TextContent))
    listed = [json.dumps(value, sort_keys=True) for value in _elements(structured)]
    return listed != [_as_json(part) for part in content]


def _is_blank(part: ContentBlock) -> bool:
    return isinstance(part, TextContent) and not part.text.strip()


def _as_json(part: ContentBlock) -> str:
    return json.dumps(part.model_dump(mode="json", by_alias=True, exclude_none=True), sort_keys=True)


def _files(result: CallToolResult) -> frozenset[str]:
    data = (part.data for part in result.content if isinstance(part, ImageContent | AudioContent))
    return frozenset(each for each in data if each)


def _without_files(value: Any, files: frozenset[str]) -> Any:
    """Leave out the encoded data of files that are in the content, because it would fill the history with text
    that nobody can read.
    """
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {key: _without_files(item, files) for key, item in items}
    if isinstance(value, list):
        return [_without_files(item, files) for item in cast("list[Any]", value)]
    return "(the file above)" if isinstance(value, str) and value in files else value


def _values(structured: dict[str, Any]) -> list[Any]:
    """Return the whole and each of its parts, because some servers put one text for each element of a list."""
    parts = list(structured.values()) if len(structured) == 1 else []
    return [structured, *parts, *_elements(structured)]


def _elements(structured: dict[str, Any]) -> list[Any]:
    if len(structured) != 1:
        return []
    [value] = structured.values()
    return cast("list[Any]", value) if isinstance(value, list) else []


def _parsed(text: str) -> str:
    try:
        return json.dumps(read_json(text), sort_keys=True)
    except ValueError:
        return json.dumps(text)


def _readable(part: ContentBlock) -> ContentBlock:
    """The library refuses the whole result if it cannot decode one file, so such a file is replaced by words."""
    if isinstance(part, ImageContent) and not part.mime_type.lower().startswith("image/"):
        return _unreadable("An image", part.mime_type, "its type is not that of an image")
    if isinstance(part, ImageContent | AudioContent):
        name = "An image" if isinstance(part, ImageContent) else "A sound"
        plain = _plain_base64(part.data)
        return _not_base64(name, part.mime_type) if plain is None else part.model_copy(update={"data": plain})
    if isinstance(part, EmbeddedResource) and isinstance(blob := part.resource, BlobResourceContents):
        plain = _plain_base64(blob.blob)
        if plain is None:
            return _not_base64("A file", blob.mime_type or "of no type")
        return part.model_copy(update={"resource": blob.model_copy(update={"blob": plain})})
    return part


def _not_base64(name: str, kind: str) -> TextContent:
    return _unreadable(name, kind, "its data are not base64")


def _unreadable(name: str, kind: str, why: str) -> TextContent:
    return TextContent(type="text", text=f"{name} ({kind[:_TYPE_LIMIT]}), which is unreadable: {why}.")


def _plain_base64(encoded: str) -> str | None:
    """Decode also what servers write instead of plain base64: a data URL, line breaks, the URL-safe alphabet, no
    padding.
    """
    data = encoded.partition(",")[2] if encoded.startswith("data:") else encoded
    data = "".join(data.split()).translate(_TO_PLAIN).rstrip("=")
    data += "=" * (-len(data) % 4)
    try:
        base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data

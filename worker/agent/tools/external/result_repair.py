"""A part of a result that cannot be read costs only that part, while the library would refuse the whole result, and
nobody would know whether the call had its effect.
"""

from __future__ import annotations

import json
from typing import Any, cast

from mcp_types import methods
from pydantic import ValidationError

from forge.models.counted_words import counted

_NAMES = {"structured_content": "structuredContent", "is_error": "isError"}
"""Python servers that write their own names instead of the specification's."""
_FIELDS = frozenset({"content", "structuredContent", "isError", "toolResult", *_NAMES})
"""The fields by which the result of a call is recognised. `toolResult`: MCP of 2024-10."""
_TYPES = ("mimeType", "mime_type", "mimetype", "media_type", "mediaType")
MOST_PARTS = 3_000
"""Maximum parts of a result that are read, because each takes processor time of the event loop."""
_SHOWN = 4_000
"""Maximum characters of an unreadable part that is shown as JSON. A larger one is probably a file."""


def is_call_result(result: dict[str, Any]) -> bool:
    return not _FIELDS.isdisjoint(result)


def repair_result(result: dict[str, Any], version: str) -> None:
    """Change the result of a call to one that the library can read, with all that can be understood of it.

    `version`: that of the connection's protocol.
    """
    for theirs, ours in _NAMES.items():
        if theirs in result:
            result.setdefault(ours, result.pop(theirs))
    result["content"] = [_readable(part, version) for part in _parts(result)]
    if "isError" in result and not isinstance(result["isError"], bool):
        result["isError"] = result["isError"] not in (None, 0, "", "false", "False", "0", "no")
    structured = result.get("structuredContent")
    if structured is not None and not isinstance(structured, dict):
        result["structuredContent"] = {"result": structured}
    if not isinstance(result.get("_meta", {}), dict):
        del result["_meta"]


def _parts(result: dict[str, Any]) -> list[Any]:
    content = result.get("content", result.get("toolResult"))
    if content is None:
        return []
    parts = cast("list[Any]", content) if isinstance(content, list) else [content]
    more = len(parts) - MOST_PARTS
    return [*parts[:MOST_PARTS], _text(f"{more} further parts are not read.")] if more > 0 else parts


def _readable(part: Any, version: str) -> dict[str, Any]:
    if isinstance(part, dict):
        fields = cast("dict[str, Any]", part)
        for form in (fields, *_forms(fields)):
            if _is_readable(form, version):
                return form
    return _text(part if isinstance(part, str) else _shown(part))


def _is_readable(part: dict[str, Any], version: str) -> bool:
    try:
        methods.validate_server_result("tools/call", version, {"content": [part], "resultType": "complete"})
    except KeyError:
        return True
    except ValidationError:
        return False
    return True


def _forms(part: dict[str, Any]) -> list[dict[str, Any]]:
    """What the part may mean: without the fields that only describe it, or in the forms of LLM providers."""
    bare = {name: value for name, value in part.items() if name not in ("annotations", "_meta")}
    forms = [bare]
    if isinstance(text := part.get("text"), str) and str(part.get("type", "text")).lower() == "text":
        forms.append(_text(text))
    source = part.get("source")
    file = {**part, **cast("dict[str, Any]", source)} if isinstance(source, dict) else part
    if kind := next((file[name] for name in _TYPES if file.get(name)), None):
        forms.append({"type": part.get("type"), "data": file.get("data"), "mimeType": kind})
    if isinstance(uri := part.get("uri"), str):
        forms += [{"name": uri, **bare}, {"type": part.get("type"), "resource": {"uri": uri, **bare}}]
    if isinstance(resource := part.get("resource"), dict):
        forms.append({**bare, "resource": {"uri": "unnamed:resource", **cast("dict[str, Any]", resource)}})
    return forms


def _shown(part: Any) -> str:
    said = json.dumps(part, ensure_ascii=False)
    if len(said) <= _SHOWN:
        return said
    kind = str(cast("dict[str, Any]", part).get("type")) if isinstance(part, dict) else type(part).__name__
    return f"A part ({kind[:60]}) of {counted(len(said), 'character')}, which cannot be read."


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}

"""The form in which a turn is stored and sent, which every provider accepts when it is sent back.

- A call's id has an alphabet and length that all providers accept, and is unique in the conversation. The id that the
  LLM wrote stays in the response's `metadata`.
- A call's name is that of an offered tool, or has an accepted alphabet; in that case the agent refuses the call.
- A call's arguments are a JSON object, or text that the agent refuses and the library sends as an object.
- No part is empty.

`normal_response` converts a new response before it is stored; `normal_history` converts what is sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any

import pydantic_core
from pydantic_ai.messages import (
    ModelMessage,
    ModelResponse,
    ModelResponsePart,
    TextPart,
    ThinkingPart,
    ToolCallPart,
)

from worker.agent.llm.streamed_tool_calls import is_object, plain_arguments
from worker.agent.messages.storable_text import well_formed

CALL_IDS = "call_ids"
"""The field of a response's metadata that maps the new id of a call to the LLM's id, for each call whose id was
replaced.
"""
_ID = re.compile(r"[A-Za-z0-9_-]{1,40}\Z")
"""Anthropic: `^[a-zA-Z0-9_-]+$`; OpenAI: at most 40 characters; Bedrock: `[a-zA-Z0-9_-]+`, at most 64."""
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
"""OpenAI and Bedrock: `[a-zA-Z0-9_-]`, at most 64; Anthropic: at most 128."""
_NEW_ID = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_NEW_ID_LENGTH = 9
"""Mistral accepts ids of exactly nine letters and digits; all other providers accept them too."""
_UNNAMED = "unnamed_tool"

_DECORATIONS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"<\|.*"), "gpt-oss's harmony format: a channel's token after the name (2026-08)"),
    (
        re.compile(r"\A(?:functions|function|tools|tool|default_api)[.:/]"),
        "movieclaw#224 (2026-08-27); Gemini",
    ),
    (re.compile(r":\d+\Z"), "Kimi K2 numbers its calls: bifrost#5097"),
)
"""Text that LLMs write around a tool's name, with the LLMs that do."""


def normal_response(
    response: ModelResponse, earlier: Sequence[ModelMessage], offered: Collection[str]
) -> None:
    """Change `response`, which follows `earlier`, to the normal form. A name that is changed becomes one of
    `offered`. A call that is told twice, with the same id, is made once.
    """
    response.parts = _told_once(response.parts)
    normalise(response, ids_of(earlier), offered)


def _told_once(parts: Sequence[ModelResponsePart]) -> list[ModelResponsePart]:
    told: list[tuple[str, str, str]] = []
    once: list[ModelResponsePart] = []
    for part in parts:
        if isinstance(part, ToolCallPart):
            call = (part.tool_call_id, part.tool_name, _compared_arguments(part))
            if call in told:
                continue
            told.append(call)
        once.append(part)
    return once


def _compared_arguments(call: ToolCallPart) -> str:
    """Unlike the library's own text, this reads arguments of which a character is half of a pair."""
    text = call.args if isinstance(call.args, str) and call.args else json.dumps(call.args or {})
    return plain_arguments(text) if is_object(text) else text


def ids_of(messages: Sequence[ModelMessage]) -> set[str]:
    return {
        call.tool_call_id
        for message in messages
        if isinstance(message, ModelResponse)
        for call in message.tool_calls
    }


def has_normal_parts(response: ModelResponse) -> bool:
    """Return whether the response has parts, and among them no call and none that is empty. Then `normalise` changes
    nothing.
    """
    parts = response.parts
    return bool(parts) and not any(isinstance(part, ToolCallPart) or _is_empty(part) for part in parts)


def normalise(
    response: ModelResponse, used: set[str], offered: Collection[str]
) -> list[tuple[ToolCallPart, ToolCallPart]]:
    """Return each call as it was and as it is now. Their ids are added to `used`, those of the earlier calls."""
    earlier, parts, calls = len(used), list[ModelResponsePart](), list[tuple[ToolCallPart, ToolCallPart]]()
    for position, part in enumerate(response.parts):
        if isinstance(part, ToolCallPart):
            call = _normal_call(part, f"{response.run_id}:{earlier}:{position}", used, offered)
            used.add(call.tool_call_id)
            calls.append((part, call))
            parts.append(call)
        elif not _is_empty(part):
            parts.append(part)
    response.parts = parts
    replaced = {
        new.tool_call_id: old.tool_call_id for old, new in calls if new.tool_call_id != old.tool_call_id
    }
    if replaced:
        response.metadata = {**(response.metadata or {}), CALL_IDS: replaced}
    return calls


def _is_empty(part: ModelResponsePart) -> bool:
    """Anthropic and Bedrock refuse a blank text. A thought may consist of its signature alone."""
    if isinstance(part, TextPart):
        return not part.content.strip()
    return isinstance(part, ThinkingPart) and not (
        part.content.strip() or part.signature or part.provider_details
    )


def _normal_call(
    call: ToolCallPart, place: str, taken: Collection[str], offered: Collection[str]
) -> ToolCallPart:
    name, arguments = normal_name(call.tool_name, offered), _arguments(call.args)
    call_id = call.tool_call_id
    if not _ID.match(call_id) or call_id in taken:
        call_id = _new_id(f"{place}:{call_id}", taken)
    if (name, arguments, call_id) == (call.tool_name, call.args, call.tool_call_id):
        return call
    return replace(call, tool_name=name, args=arguments, tool_call_id=call_id)


def _new_id(seed: str, taken: Collection[str]) -> str:
    """Return the same id for the same place in the same conversation."""
    number = int.from_bytes(blake2b(seed.encode(errors="replace"), digest_size=16).digest())
    digits: list[str] = []
    for _ in range(_NEW_ID_LENGTH):
        number, digit = divmod(number, len(_NEW_ID))
        digits.append(_NEW_ID[digit])
    made = "".join(digits)
    return made if made not in taken else _new_id(f"{seed}+", taken)


def normal_name(name: str, offered: Collection[str]) -> str:
    """Return the offered tool that `name` means, or a name that every provider accepts and no tool has."""
    if name in offered:
        return name
    bare = name.strip()
    for decoration, _ in _DECORATIONS:
        bare = decoration.sub("", bare).strip()
    if bare in offered:
        return bare
    if _NAME.match(name):
        return name
    cleaned = re.sub(r"[^A-Za-z0-9_-]+", "_", name.strip()).strip("_")[:64] or _UNNAMED
    return f"{cleaned[:56]}_unknown" if cleaned in offered else cleaned


def _arguments(arguments: str | dict[str, Any] | None) -> str | dict[str, Any] | None:
    """The agent refuses text that is not a JSON object. It would accept NaN and the like, so these become such text."""
    if not arguments:
        return arguments
    if isinstance(arguments, str):
        arguments = well_formed(arguments)
    try:
        if isinstance(arguments, str):
            pydantic_core.from_json(arguments, allow_inf_nan=False)
        else:
            json.dumps(arguments, allow_nan=False)
    except ValueError:
        return _refused(arguments)
    return arguments


def _refused(arguments: str | dict[str, Any]) -> str:
    try:
        pydantic_core.from_json(arguments if isinstance(arguments, str) else json.dumps(arguments))
    except ValueError:
        return str(arguments)
    return f"not JSON: {arguments}"

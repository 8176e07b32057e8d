"""The files in tool results of which an LLM can read the type. It gets words about all others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic_ai.messages import BinaryContent, ModelMessage, ModelRequest, ToolReturnPart

from worker.agent.messages.result_files import BEGINNINGS, in_words, mapped

_BEGINNINGS: dict[str, bytes] = dict(BEGINNINGS)


def readable(value: Any, media: frozenset[str]) -> Any:
    """Keep files of these types if their content matches; describe all others in words."""

    def kept(file: BinaryContent) -> Any:
        if file.media_type not in media:
            return in_words(file, "cannot be shown here")
        is_one = file.data.startswith(_BEGINNINGS.get(file.media_type, b""))
        return file if is_one and file.data else in_words(file, "is damaged")

    return mapped(value, kept)


def with_readable_files(messages: Sequence[ModelMessage], media: frozenset[str]) -> list[ModelMessage]:
    """Return what an LLM is shown that can read files of these types. The stored history keeps all files, for a
    provider that reads more types.
    """
    return [_shown(message, media) for message in messages]


def _shown(message: ModelMessage, media: frozenset[str]) -> ModelMessage:
    if not isinstance(message, ModelRequest):
        return message
    contents = [part.content if isinstance(part, ToolReturnPart) else None for part in message.parts]
    new = [readable(content, media) for content in contents]
    if all(a is b for a, b in zip(new, contents, strict=True)):
        return message
    parts = [
        replace(part, content=content) if isinstance(part, ToolReturnPart) else part
        for part, content in zip(message.parts, new, strict=True)
    ]
    return replace(message, parts=parts)

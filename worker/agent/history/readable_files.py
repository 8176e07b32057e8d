"""The files in tool results of which an LLM can read the type. It gets words about all others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from pydantic_ai import RunContext
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.messages import BinaryContent, ModelMessage, ModelRequest, ToolReturnPart
from pydantic_ai.models import ModelRequestContext

from worker.agent.deps import RunDeps
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


@dataclass
class ReadableMedia(AbstractCapability[RunDeps]):
    """Shows the LLM the files of these types. The stored history keeps all files, for a provider that reads more
    types.
    """

    media: frozenset[str]
    """The MIME types of the files that the LLM can read."""

    async def before_model_request(
        self, ctx: RunContext[RunDeps], request_context: ModelRequestContext
    ) -> ModelRequestContext:
        messages = request_context.messages
        new = [self._shown(message) for message in messages]
        if any(a is not b for a, b in zip(new, messages, strict=True)):
            request_context.messages = new
        return request_context

    def _shown(self, message: ModelMessage) -> ModelMessage:
        if not isinstance(message, ModelRequest):
            return message
        contents = [part.content if isinstance(part, ToolReturnPart) else None for part in message.parts]
        new = [readable(content, self.media) for content in contents]
        if all(a is b for a, b in zip(new, contents, strict=True)):
            return message
        parts = [
            replace(part, content=content) if isinstance(part, ToolReturnPart) else part
            for part, content in zip(message.parts, new, strict=True)
        ]
        return replace(message, parts=parts)

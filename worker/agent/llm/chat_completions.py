"""Chat Completions as servers really stream it. Differences between servers are removed before the library reads
the stream.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from copy import copy
from dataclasses import dataclass, field, fields
from typing import Any, cast

from openai.types.chat import ChatCompletionChunk, chat_completion_chunk
from pydantic_ai._model_errors import stream_error
from pydantic_ai.messages import (
    FinishReason,
    ModelResponseStreamEvent,
    PartStartEvent,
    TextPart,
)
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIStreamedResponse
from pydantic_ai.usage import RequestUsage

from worker.agent.llm.chat_events import ReadableChunks
from worker.agent.llm.classify_provider_error import is_error_document
from worker.agent.llm.hidden_thoughts import Segment, ThoughtSplitter, template_opens
from worker.agent.llm.stream_guard import Guarded, make_whole
from worker.agent.llm.streamed_tool_calls import CallJoiner

_opening_llms: set[str] = set()
"""LLMs whose answers in this process have closed a thought that they had not opened."""


class ChatModel(Guarded, OpenAIChatModel):
    async def _process_streamed_response(self, response: Any, *args: Any, **kwargs: Any) -> Any:
        return await super()._process_streamed_response(ReadableChunks(response), *args, **kwargs)

    @property
    def _streamed_response_cls(self) -> type[OpenAIStreamedResponse]:
        return ChatStream


@dataclass
class ChatStream(OpenAIStreamedResponse):
    _joiner: CallJoiner = field(default_factory=CallJoiner, init=False)
    _splitter: ThoughtSplitter = field(default_factory=ThoughtSplitter, init=False)
    _thoughts: int = field(default=0, init=False)
    _told: object = field(default=None, init=False)
    """The last event that is an error's document and no chunk."""

    def __post_init__(self) -> None:
        self._splitter.is_opened = template_opens(self._model_name) or self._model_name in _opening_llms

    async def _get_event_iterator(self) -> AsyncIterator[ModelResponseStreamEvent]:
        async for event in super()._get_event_iterator():
            yield event
        for segment in self._splitter.end():
            for event in self._map_segment(segment):
                yield event
        if self._told is not None and not self._has_finish_reason:
            raise stream_error(self.model_name, "The stream has an error in place of an answer.", self._told)
        if self._splitter.closes_alone:
            _opening_llms.add(self._model_name)
        else:
            _opening_llms.discard(self._model_name)

    async def _validate_response(self) -> AsyncIterator[ChatCompletionChunk]:
        """Remember an error that servers send as an event of their own form, which the library takes for a chunk."""
        async for chunk in self._response:
            if is_error_document(chunk.model_extra):
                self._told = chunk.model_extra
            yield chunk

    def _missing_finish_reason(self) -> FinishReason:
        """The library's field allows None; `answer_end` decides what a missing reason means."""
        return cast("FinishReason", None)

    def _add_usage(self, usage: RequestUsage, *, reported: bool, cumulative: bool = False) -> None:
        """Servers repeat the usage so far in any number of chunks, so the largest value of each figure is the usage."""
        make_whole(usage)
        super()._add_usage(_largest(self._usage, usage), reported=reported, cumulative=True)

    def _map_text_delta(self, choice: chat_completion_chunk.Choice) -> Iterator[ModelResponseStreamEvent]:
        if self._splitter.is_opened and not self._thoughts:
            yield from self._think("")
        for segment in self._splitter.feed(_text(choice.delta.content)):
            yield from self._map_segment(segment)

    def _map_segment(self, segment: Segment) -> Iterator[ModelResponseStreamEvent]:
        match segment:
            case ("thought", text):
                yield from self._think(text)
            case ("all was thought", _):
                yield from self._take_back()
            case (_, text):
                yield from self._say(text)

    def _say(self, text: str) -> Iterator[ModelResponseStreamEvent]:
        self._raw_text_content += text
        key = ("content", self._content_generation)
        for event in self._parts_manager.handle_text_delta(vendor_part_id=key, content=text):
            if isinstance(event, PartStartEvent):
                self._advance_part_boundary("content")
                self._thoughts += 1
            yield event

    def _think(self, text: str) -> Iterator[ModelResponseStreamEvent]:
        for event in self._parts_manager.handle_thinking_delta(
            vendor_part_id=("thought", self._thoughts),
            id="content",
            content=text,
            provider_name=self.provider_name,
        ):
            if isinstance(event, PartStartEvent):
                self._advance_part_boundary("reasoning")
            yield event

    def _take_back(self) -> Iterator[ModelResponseStreamEvent]:
        """Text that was passed on turned out to be a thought. The library adds a part of another kind, so the text
        is removed.
        """
        for generation in range(self._content_generation + 1):
            key = ("content", generation)
            if isinstance(self._parts_manager.get_part_by_vendor_id(key), TextPart):
                yield self._parts_manager.handle_part(vendor_part_id=key, part=TextPart(""))
        self._content_generation += 1

    def _map_tool_call_delta(
        self, choice: chat_completion_chunk.Choice
    ) -> Iterator[ModelResponseStreamEvent]:
        for delta in choice.delta.tool_calls or []:
            function = delta.function
            name = _json(function.name if function else None)
            arguments = _json(function.arguments if function else None)
            piece = self._joiner.join(delta.index, _json(delta.id), name, arguments)
            if piece is None:
                continue
            details = _details(delta)
            for event in self._parts_manager.handle_tool_call_delta_events(
                vendor_part_id=("call", piece.key),
                tool_name=piece.name,
                args=piece.arguments or None,
                tool_call_id=piece.id or None,
                provider_name=self.provider_name if details else None,
                provider_details=details,
            ):
                if isinstance(event, PartStartEvent):
                    self._advance_part_boundary("tool")
                yield event


def _text(content: Any) -> str:
    """Mistral streams a list of parts where other providers stream a text."""
    if isinstance(content, list):
        return "".join(_text(part) for part in cast("list[Any]", content))
    if isinstance(content, dict):
        part = cast("dict[str, Any]", content)
        return _text(part.get("text")) if part.get("type") in ("text", None) else ""
    return content if isinstance(content, str) else ""


def _json(value: Any) -> str:
    """Return the field's text. The SDK passes on whatever JSON the field holds."""
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value)


def _details(delta: chat_completion_chunk.ChoiceDeltaToolCall) -> dict[str, Any] | None:
    """Return Gemini's signature of a thought. Gemini refuses the next request without it."""
    extra = (delta.model_extra or {}).get("extra_content")
    return {"extra_content": extra} if extra else None


def _largest(one: RequestUsage, other: RequestUsage) -> RequestUsage:
    largest = copy(other)
    for each in fields(RequestUsage):
        a, b = getattr(one, each.name), getattr(other, each.name)
        if isinstance(a, int | float) and isinstance(b, int | float):
            setattr(largest, each.name, max(a, b))
    names = one.details.keys() | other.details.keys()
    largest.details = {name: max(one.details.get(name, 0), other.details.get(name, 0)) for name in names}
    return largest

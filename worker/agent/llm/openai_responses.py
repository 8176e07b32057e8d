"""The Responses API as proxies to it really stream it. What a proxy tells only at the end is told as it should be."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

from openai.types.responses import (
    ResponseFunctionCallArgumentsDeltaEvent,
    ResponseOutputItemAddedEvent,
    ResponseOutputItemDoneEvent,
    ResponseTextDeltaEvent,
)
from pydantic_ai.models.openai import OpenAIResponsesModel

from worker.agent.llm.readable_events import ReadableEvents
from worker.agent.llm.stream_guard import Guarded
from worker.agent.llm.streamed_tool_calls import is_placeholder

_BRINGS = frozenset(
    {
        "response.output_text.delta",
        "response.function_call_arguments.delta",
        "response.refusal.delta",
    }
)
"""Events that bring a part of the answer."""
_ITEMS = frozenset({"response.output_item.added", "response.output_item.done"})
_CALL, _MESSAGE = "function_call", "message"


class ResponsesModel(Guarded, OpenAIResponsesModel):
    async def _process_streamed_response(self, response: Any, *args: Any, **kwargs: Any) -> Any:
        return await super()._process_streamed_response(_WholeAnswer(response), *args, **kwargs)


class _WholeAnswer:
    """The SDK's stream of events. Closing it closes the connection.

    Some proxies make the stream from a whole answer: then only the events that end a part, or the whole response, say
    anything (BerriAI/litellm#21090 (2026-02-13), NVIDIA-NeMo/Switchyard#777). They are read if nothing else came, so
    that no call is made twice.
    """

    def __init__(self, events: Any) -> None:
        events._decoder = ReadableEvents(events._decoder)
        self._events = events
        self._has_begun = False
        self._texts: list[Any] = []
        """The events that ended a text, as long as nothing else has come."""
        self._whole: set[str] = set()
        """The calls whose arguments came whole with their beginning; some proxies send them once more after it."""

    @property
    def response(self) -> Any:
        return self._events.response

    async def close(self) -> None:
        await self._events.close()

    async def __aiter__(self) -> AsyncIterator[Any]:
        async for event in self._events:
            kind = getattr(event, "type", None)
            if kind in _ITEMS:
                self._read_item(event)
            self._has_begun = self._has_begun or kind in _BRINGS
            if kind == "response.output_text.done":
                self._texts.append(event)
            if kind == "response.completed" and not self._has_begun:
                for late in self._told_late(event):
                    yield late
            if not (isinstance(event, ResponseFunctionCallArgumentsDeltaEvent) and self._repeats(event)):
                yield event

    def _read_item(self, event: ResponseOutputItemAddedEvent | ResponseOutputItemDoneEvent) -> None:
        """The SDK passes on whatever JSON the field of the arguments holds."""
        item: Any = event.item
        if getattr(item, "type", None) != _CALL:
            return
        self._has_begun = True
        item.arguments = _text(item.arguments)
        if is_placeholder(item.arguments) and event.type == "response.output_item.added":
            item.arguments = ""
        if item.arguments and item.id:
            self._whole.add(item.id)

    def _repeats(self, delta: ResponseFunctionCallArgumentsDeltaEvent) -> bool:
        return delta.item_id in self._whole

    def _told_late(self, completed: Any) -> Iterator[Any]:
        items: list[Any] = getattr(completed.response, "output", None) or []
        for index, item in enumerate(items):
            if getattr(item, "type", None) == _CALL:
                item.arguments = _text(item.arguments)
                yield ResponseOutputItemDoneEvent.model_construct(
                    type="response.output_item.done", item=item, output_index=index, sequence_number=0
                )
        said = [
            (item.id, number, part.text)
            for item in items
            if getattr(item, "type", None) == _MESSAGE
            for number, part in enumerate(item.content or [])
            if part.type == "output_text"
        ]
        for item_id, number, text in said or [(e.item_id, e.content_index, e.text) for e in self._texts]:
            yield ResponseTextDeltaEvent.model_construct(
                type="response.output_text.delta",
                item_id=item_id,
                content_index=number,
                delta=text,
                logprobs=[],
                output_index=0,
                sequence_number=0,
            )


def _text(arguments: Any) -> str:
    if arguments is None or isinstance(arguments, str):
        return arguments or ""
    return json.dumps(arguments)

"""The Responses API as proxies to it really stream it. What a proxy tells only at the end is told as it should be."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

from openai.types.responses import (
    ResponseFunctionCallArgumentsDeltaEvent,
    ResponseFunctionCallArgumentsDoneEvent,
    ResponseOutputItemAddedEvent,
    ResponseOutputItemDoneEvent,
    ResponseRefusalDoneEvent,
    ResponseTextDeltaEvent,
    ResponseTextDoneEvent,
)
from pydantic_ai.models.openai import OpenAIResponsesModel

from worker.agent.llm.readable_events import ChangedStream, ReadableEvents
from worker.agent.llm.response_parts import ToldCalls, ToldTexts, as_text
from worker.agent.llm.stream_guard import Guarded
from worker.agent.llm.usage_counts import make_countable

_ENDS = frozenset({"response.completed", "response.incomplete"})
"""Events with the whole response. That of a failed one is not read, because the request is tried again."""
_CALL, _MESSAGE = "function_call", "message"


class ResponsesModel(Guarded, OpenAIResponsesModel):
    async def _process_streamed_response(self, response: Any, *args: Any, **kwargs: Any) -> Any:
        return await super()._process_streamed_response(_WholeAnswer(response), *args, **kwargs)


class _WholeAnswer(ChangedStream):
    """Some proxies make the stream from a whole answer, or from one of another API: then some parts are told only by
    the events that end a part, or by the whole response (BerriAI/litellm#21090 (2026-02-13),
    NVIDIA-NeMo/Switchyard#777). Of what these events tell, only that is passed on which has not been told before.
    """

    def __init__(self, events: Any) -> None:
        events._decoder = ReadableEvents(events._decoder)
        super().__init__(events)
        self._texts, self._calls = ToldTexts(), ToldCalls()

    async def __aiter__(self) -> AsyncIterator[Any]:
        async for event in self._events:
            make_countable(getattr(getattr(event, "response", None), "usage", None))
            for each in self._read(event):
                yield each

    def _read(self, event: Any) -> Iterator[Any]:
        match event:
            case ResponseTextDeltaEvent():
                self._texts.add(event.item_id, event.output_index, event.content_index, as_text(event.delta))
                yield event
            case ResponseTextDoneEvent():
                yield from self._rest_of_text(event, event.item_id, event.output_index, event.content_index)
                yield event
            case ResponseOutputItemDoneEvent():
                yield from self._item(event.type, event.item, event.output_index)
                if not _is(event.item, _CALL):
                    yield event
            case _:
                if getattr(event, "type", None) in _ENDS:
                    yield from self._whole_response(event)
                if self._adds(event):
                    yield event

    def _adds(self, event: Any) -> bool:
        """Return whether the event adds something to a call, under the id that it then has, or is not about one."""
        match event:
            case ResponseOutputItemAddedEvent() if _is(event.item, _CALL):
                return self._calls.begin(event.item, event.output_index)
            case ResponseFunctionCallArgumentsDeltaEvent():
                if call := self._calls.add(event.item_id, event.output_index, as_text(event.delta)):
                    event.item_id = call.id
                return call is not None
            case ResponseFunctionCallArgumentsDoneEvent():
                call = self._calls.find(event.item_id, event.output_index)
                if call is None or not self._calls.end(call, as_text(event.arguments)):
                    return False
                event.item_id, event.arguments = call.id, call.said
                return True
            case _:
                return True

    def _whole_response(self, event: Any) -> Iterator[Any]:
        items: Iterable[Any] = getattr(event.response, "output", None) or ()
        for index, item in enumerate(items):
            yield from self._item(event.type, item, index)

    def _item(self, told_by: str, item: Any, index: Any) -> Iterator[Any]:
        """Yield what has not been told of an item that is whole. `told_by`: the event's kind."""
        if _is(item, _CALL):
            if self._calls.tell(told_by, item, index):
                yield ResponseOutputItemDoneEvent.model_construct(
                    type="response.output_item.done", item=item, output_index=index, sequence_number=0
                )
        elif _is(item, _MESSAGE):
            for number, part in enumerate(item.content or ()):
                if part.type == "output_text":
                    yield from self._rest_of_text(part, item.id, index, number, told_by)
                elif part.type == "refusal":
                    yield _refused(part, item.id, index, number)

    def _rest_of_text(
        self, told: Any, item_id: Any, index: Any, number: Any, told_by: str = ""
    ) -> Iterator[ResponseTextDeltaEvent]:
        if rest := self._texts.tell(told_by, item_id, index, number, as_text(told.text)):
            yield ResponseTextDeltaEvent.model_construct(
                type="response.output_text.delta",
                item_id=rest.id,
                content_index=rest.number,
                delta=rest.added,
                logprobs=[],
                output_index=index,
                sequence_number=0,
            )


def _is(item: Any, kind: str) -> bool:
    return getattr(item, "type", None) == kind


def _refused(part: Any, item_id: Any, index: Any, number: int) -> ResponseRefusalDoneEvent:
    return ResponseRefusalDoneEvent.model_construct(
        type="response.refusal.done",
        item_id=item_id,
        output_index=index,
        content_index=number,
        refusal=as_text(part.refusal),
        sequence_number=0,
    )

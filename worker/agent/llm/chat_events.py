"""The events of a Chat Completions stream in the form that the library expects.

An event that is no chunk costs the answer nothing, and a field that we do not need costs nothing by its form.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

from openai.types.chat.chat_completion_chunk import ChoiceDelta
from pydantic import BaseModel

from worker.agent.llm.chunk_reading import QuickChunk
from worker.agent.llm.readable_events import ChangedStream, ReadableEvents
from worker.agent.llm.usage_counts import make_countable

_LATEST = 10**14
"""Times in seconds and in milliseconds are below this; the library cannot read a larger one."""
_FIELDS: dict[str, tuple[type[Any], ...]] = {
    "created": (int, float, str),
    "model": (str,),
    "moderation": (BaseModel,),
    "service_tier": (str,),
    "usage": (BaseModel,),
}
"""The fields of a chunk that the library reads beside its choices, with the types that it can read."""
_ANSWER = ("content", "refusal", "tool_calls")
"""The fields of an answer, both of a delta and of a whole message."""


class ReadableChunks(ChangedStream):
    def __init__(self, chunks: Any) -> None:
        super().__init__(chunks)
        chunks._decoder = ReadableEvents(chunks._decoder)
        chunks._cast_to = QuickChunk
        self._streamed: set[str] = set()
        """The fields of the answer that deltas have brought so far."""
        self._text = ""
        self._pieces = 0
        """The number of messages that the text is made of."""
        self._calls: list[Any] = []
        """What whole messages have brought so far."""

    async def __aiter__(self) -> AsyncIterator[Any]:
        async for chunk in self._events:
            make_countable(chunk.usage)
            _drop_unreadable_fields(chunk)
            for choice in _list(chunk.choices):
                told = set(_told(getattr(choice, "delta", None)))
                self._streamed |= told
                if not told:
                    self._give_delta(choice)
            yield chunk

    def _give_delta(self, choice: Any) -> None:
        """Some gateways send a whole answer as one event, with the field of an answer that is not streamed; others
        leave the delta out where they tell how the answer ended. What deltas have brought is not taken once more from
        the whole answer after them: a call would be made twice.
        """
        extra: dict[str, Any] = getattr(choice, "model_extra", None) or {}
        is_missing = getattr(choice, "delta", None) is None
        match extra:
            case {"message": {} as message} if is_missing or any(map(message.get, _ANSWER)):
                choice.delta = ChoiceDelta.construct(
                    None, **self._untold(message, is_last=bool(getattr(choice, "finish_reason", None)))
                )
            case {"text": str(text)} if is_missing or text:
                choice.delta = ChoiceDelta.construct(content="" if "content" in self._streamed else text)
            case _ if is_missing and getattr(choice, "finish_reason", None):
                choice.delta = ChoiceDelta.construct()
            case _:
                pass

    def _untold(self, message: dict[str, Any], *, is_last: bool) -> dict[str, Any]:
        """Return what neither deltas nor earlier messages have told. A message may be a piece, or all so far.

        A text that equals the only one before it may be either: the figures 1, 1 and 0 are 110, and not 10.
        """
        new = {name: value for name, value in message.items() if name not in self._streamed}
        if isinstance(text := new.get("content"), str):
            is_piece = text == self._text and self._pieces == 1 and not (is_last or message.get("tool_calls"))
            new["content"] = text if is_piece else text.removeprefix(self._text)
            self._text += new["content"]
            self._pieces += bool(new["content"])
        if calls := _list(new.get("tool_calls")):
            new["tool_calls"] = [call for call in calls if _function(call) not in self._calls]
            self._calls += map(_function, new["tool_calls"])
        return new


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def _drop_unreadable_fields(chunk: Any) -> None:
    for name, types in _FIELDS.items():
        value = getattr(chunk, name, None)
        if value is not None and (not isinstance(value, types) or isinstance(value, bool)):
            setattr(chunk, name, None)
    if isinstance(chunk.created, int | float) and not abs(chunk.created) < _LATEST:
        chunk.created = None


def _told(delta: object) -> Iterator[str]:
    return (name for name in _ANSWER if getattr(delta, name, None))


def _function(call: Any) -> Any:
    """Return what a call asks for. Its id may be another each time that it is told."""
    return cast("dict[str, Any]", call).get("function") if isinstance(call, dict) else call

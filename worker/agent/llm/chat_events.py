"""The events of a Chat Completions stream in the form that the library expects.

An event that is no chunk costs the answer nothing, and a field that we do not need costs nothing by its form.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any, cast

from openai.types.chat.chat_completion_chunk import ChoiceDelta
from pydantic import BaseModel

from worker.agent.llm.chunk_reading import QuickChunk

_DONE = re.compile(r"\W*done\W*", re.IGNORECASE)
"""The end of a stream, `[DONE]`, in whatever quotation marks, case or spaces a gateway writes it."""
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


class ReadableChunks:
    """The SDK's stream of chunks. Closing it closes the connection."""

    def __init__(self, chunks: Any) -> None:
        self._chunks = chunks
        chunks._decoder = _ObjectsOnly(chunks._decoder)
        chunks._cast_to = QuickChunk

    @property
    def response(self) -> Any:
        return self._chunks.response

    async def close(self) -> None:
        await self._chunks.close()

    async def __aiter__(self) -> AsyncIterator[Any]:
        async for chunk in self._chunks:
            _drop_unreadable_fields(chunk)
            for choice in _list(chunk.choices):
                if getattr(choice, "delta", None) is None:
                    _give_delta(choice)
            yield chunk


class _ObjectsOnly:
    """The SDK's decoder of events, without events that are no JSON object: gateways send some to keep the connection
    open, and the SDK would end the answer there.
    """

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder

    async def aiter_bytes(self, pieces: Any) -> AsyncIterator[Any]:
        async for event in self._decoder.aiter_bytes(pieces):
            if event.data.lstrip().startswith("{"):
                yield event
            elif _DONE.fullmatch(event.data):
                return


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def _drop_unreadable_fields(chunk: Any) -> None:
    for name, types in _FIELDS.items():
        value = getattr(chunk, name, None)
        if value is not None and (not isinstance(value, types) or isinstance(value, bool)):
            setattr(chunk, name, None)
    if isinstance(chunk.created, int | float) and not abs(chunk.created) < _LATEST:
        chunk.created = None


def _give_delta(choice: Any) -> None:
    """Some gateways send a whole answer as one event, with the field of an answer that is not streamed; others leave
    the delta out where they tell how the answer ended.
    """
    extra: dict[str, Any] = getattr(choice, "model_extra", None) or {}
    match extra:
        case {"message": {} as message}:
            choice.delta = ChoiceDelta.construct(None, **message)
        case {"text": str(text)}:
            choice.delta = ChoiceDelta.construct(content=text)
        case _ if getattr(choice, "finish_reason", None):
            choice.delta = ChoiceDelta.construct()
        case _:
            pass

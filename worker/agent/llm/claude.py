"""The Messages API as gateways really stream it. Unreadable events are repaired or left out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Literal, cast

from anthropic.types.beta import (
    BetaMessage,
    BetaMessageDeltaUsage,
    BetaRawContentBlockStartEvent,
    BetaRawContentBlockStopEvent,
    BetaRawMessageDeltaEvent,
    BetaRawMessageStartEvent,
    BetaUsage,
)
from anthropic.types.beta.beta_raw_message_delta_event import Delta
from pydantic_ai.models.anthropic import AnthropicModel

from worker.agent.llm.readable_events import ChangedStream, ReadableEvents
from worker.agent.llm.stream_guard import Guarded
from worker.agent.llm.streamed_tool_calls import is_placeholder
from worker.agent.llm.usage_counts import make_countable

_BLOCKS = frozenset({"text", "thinking", "redacted_thinking", "tool_use"})
"""The kinds of blocks that our requests can produce. The SDK turns an unknown kind into some known block."""
_DELTAS: dict[str, str] = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "signature",
    "input_json_delta": "partial_json",
}
"""The field of each kind of delta, which must be a text."""


class ClaudeModel(Guarded, AnthropicModel):
    async def _create_message(self, client: Any, *args: Any, **kwargs: Any) -> Any:
        """The library reads the first event before it hands the stream on, so the client makes the decoder."""
        own = client.copy()
        make_decoder = own._make_sse_decoder
        own._make_sse_decoder = lambda: ReadableEvents(make_decoder(), are_named=True)
        return await super()._create_message(own, *args, **kwargs)

    async def _process_streamed_response(self, response: Any, *args: Any, **kwargs: Any) -> Any:
        source = _ReadableBlocks(response, self.model_name)
        from pydantic_ai._utils import PeekableAsyncStream

        return await super()._process_streamed_response(PeekableAsyncStream(source), *args, **kwargs)


class _ReadableBlocks(ChangedStream):
    """`events`: the SDK's stream with its first event, which the library has read already.

    Some gateways begin with the whole message and tell nothing else. A second beginning after the end tells the message
    again; one before it is that of another provider, which goes on with the message.
    """

    def __init__(self, events: Any, model_name: str) -> None:
        super().__init__(events, owner=events.source)
        self._model_name = model_name
        self._left_out: set[int] = set()
        self._whole: set[int] = set()
        """The calls whose arguments came whole with their beginning; some gateways send them once more after it."""
        self._numbers: dict[Any, int] = {}
        self._count = 0
        self._started = False
        self._has_ended = False

    async def __aiter__(self) -> AsyncIterator[Any]:
        whole: Any = None
        async for event in self._events:
            if event.type == "message_start":
                if self._has_ended and self._count:
                    return
                whole = event.message
            elif not self._started:
                yield _start(self._model_name)
            self._started = True
            if event.type == "message_stop" and not self._count:
                for told in filter(self._is_readable, _blocks_of(whole)):
                    yield told
            if self._is_readable(event):
                yield event
            self._has_ended = self._has_ended or _ends(event)

    def _is_readable(self, event: Any) -> bool:
        match cast("str", event.type):
            case "message_start":
                return _complete_start(event)
            case "message_delta":
                return _complete_delta(event)
            case "content_block_start":
                return self._opens(event)
            case "content_block_delta":
                self._number(event)
                return event.index not in self._left_out and _has_text(event.delta) and self._adds(event)
            case "content_block_stop":
                self._number(event)
                return event.index not in self._left_out
            case kind:
                return kind == "message_stop"

    def _number(self, event: Any, *, is_new: bool = False) -> None:
        """Number the blocks by their order, because some gateways give all of them the number 0."""
        if is_new or event.index not in self._numbers:
            self._numbers[event.index] = self._count
            self._count += 1
        event.index = self._numbers[event.index]

    def _opens(self, event: Any) -> bool:
        self._number(event, is_new=True)
        if event.content_block.type in _BLOCKS:
            if getattr(event.content_block, "input", None):
                self._whole.add(event.index)
            return True
        self._left_out.add(event.index)
        return False

    def _adds(self, event: Any) -> bool:
        if event.delta.type != "input_json_delta":
            return True
        return event.index not in self._whole and not is_placeholder(event.delta.partial_json)


def _start(model_name: str) -> BetaRawMessageStartEvent:
    message = BetaMessage.model_construct(
        id="", type="message", role="assistant", model=model_name, content=[], usage=_no_usage()
    )
    return BetaRawMessageStartEvent.model_construct(type="message_start", message=message)


def _blocks_of(message: Any) -> Iterator[Any]:
    """Yield a whole message as the events that it should have been."""
    blocks: list[Any] = getattr(message, "content", None) or []
    for index, block in enumerate(blocks):
        if getattr(block, "type", None) in _BLOCKS:
            yield BetaRawContentBlockStartEvent.model_construct(
                type="content_block_start", index=index, content_block=block
            )
            yield BetaRawContentBlockStopEvent.model_construct(type="content_block_stop", index=index)
    if blocks and message.stop_reason:
        yield BetaRawMessageDeltaEvent.model_construct(
            type="message_delta",
            delta=Delta.model_construct(stop_reason=message.stop_reason),
            usage=BetaMessageDeltaUsage.model_construct(),  # pyrefly: ignore[missing-argument]  it needs none
        )


def _no_usage() -> BetaUsage:
    return BetaUsage.model_construct(input_tokens=0, output_tokens=0)


def _complete_start(event: Any) -> Literal[True]:
    """A gateway may leave out the usage, which then comes at the end or never."""
    if event.message is not None and event.message.usage is None:
        event.message.usage = _no_usage()
    make_countable(getattr(event.message, "usage", None))
    return True


def _complete_delta(event: Any) -> Literal[True]:
    if event.usage is None:
        event.usage = BetaMessageDeltaUsage.model_construct()  # pyrefly: ignore[missing-argument]  it needs none
    make_countable(event.usage)
    if event.delta is None:
        event.delta = Delta.model_construct(stop_reason=None)
    return True


def _ends(event: Any) -> bool:
    return event.type == "message_stop" or (event.type == "message_delta" and bool(event.delta.stop_reason))


def _has_text(delta: Any) -> bool:
    field = _DELTAS.get(getattr(delta, "type", None) or "")
    return field is not None and isinstance(getattr(delta, field, None), str)

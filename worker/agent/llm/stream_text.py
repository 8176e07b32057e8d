"""An LLM's text is shown where its stream is read, and the agent library gets the text in larger pieces.

The library passes each event through a dozen generators, locks and cancel scopes, which costs many times what showing
a word does. Its record of an answer, even of an interrupted one, does not come from these events: the provider's
adapter keeps it (`StreamedResponse.get`).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, cast

from pydantic_ai import RunContext
from pydantic_ai.messages import (
    ModelMessage,
    ModelResponseStreamEvent,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ThinkingPartDelta,
)
from pydantic_ai.models import ModelRequestParameters, StreamedResponse
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings

from worker.agent.deps import RunDeps

GATHERED_LIMIT = 1_000
"""Characters in one piece. The library checks a run's token limit at each event, so a long answer must have several."""


class ShowingModel(WrapperModel):
    """`wrapped`, whose text is passed to the run's record as it arrives.

    Each attempt at a request looks at the lease just before it: a worker that was frozen, or that has paused after a
    failed attempt, must not pay for a response that another worker's attempt requests, too.
    """

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse, None]:
        if run_context is not None:
            run_context.deps.begun()
            await run_context.deps.record.hold_lease()
        async with self.wrapped.request_stream(
            messages, model_settings, model_request_parameters, run_context
        ) as stream:
            if run_context is not None:
                deps: RunDeps = run_context.deps
                _show(stream, deps.record.show_text)
            yield stream


def _show(stream: StreamedResponse, show: Callable[[str], Awaitable[None]]) -> None:
    """Replace the adapter's own iterator, as in `llm/stream_guard.py`, because the base class drives it under its
    deadlines.
    """
    events = stream._get_event_iterator  # pyright: ignore[reportPrivateUsage]

    def shown() -> AsyncIterator[ModelResponseStreamEvent]:
        return _shown(events(), show, _Restored.of(stream))  # pyright: ignore[reportArgumentType]

    object.__setattr__(stream, "_get_event_iterator", shown)


async def _shown(
    events: AsyncIterator[ModelResponseStreamEvent],
    show: Callable[[str], Awaitable[None]],
    restored: _Restored,
) -> AsyncGenerator[ModelResponseStreamEvent, None]:
    """Pass on at once what begins a part, because the library waits for a first event only for a limited time."""
    gathered = _Gathered()
    async for event in events:
        if text := restored.text(event):
            await show(text)
        if not gathered.takes(event):
            for waiting in gathered.hand_on():
                yield waiting
            if not gathered.takes(event):
                yield event
        elif gathered.size >= GATHERED_LIMIT:
            for waiting in gathered.hand_on():
                yield waiting
    if text := restored.rest():
        await show(text)
    for waiting in gathered.hand_on():
        yield waiting


@dataclass
class _Gathered:
    """Deltas of one part that differ in their text only."""

    first: PartDeltaEvent | None = None
    pieces: list[str] = field(default_factory=list[str])
    size: int = 0

    def takes(self, event: ModelResponseStreamEvent) -> bool:
        if not isinstance(event, PartDeltaEvent) or (text := _plain(event)) is None:
            return False
        if self.first is None:
            self.first = event
        elif not _is_of_the_same(self.first, event):
            return False
        self.pieces.append(text)
        self.size += len(text)
        return True

    def hand_on(self) -> list[PartDeltaEvent]:
        """Return one delta, or none if there is nothing to pass on."""
        if self.first is None:
            return []
        delta = cast("TextPartDelta | ThinkingPartDelta", self.first.delta)
        whole = replace(self.first, delta=replace(delta, content_delta="".join(self.pieces)))
        self.first, self.pieces, self.size = None, [], 0
        return [whole]


def _plain(event: PartDeltaEvent) -> str | None:
    """Return the text of a delta that contains nothing else."""
    match event.delta:
        case TextPartDelta(content_delta=text, provider_details=None, citations_delta=None):
            return text
        case ThinkingPartDelta(content_delta=text, signature_delta=None, provider_details=None):
            return text
        case _:
            return None


def _is_of_the_same(one: PartDeltaEvent, other: PartDeltaEvent) -> bool:
    return (
        one.index == other.index
        and type(one.delta) is type(other.delta)
        and getattr(one.delta, "provider_name", None) == getattr(other.delta, "provider_name", None)
    )


class _Restored:
    """The text of a stream's events as the library will deliver it. Some LLMs copy the joiner that the library
    puts into special tokens, and the library removes it later than these events are read here.
    """

    def __init__(self, restorer: Any | None) -> None:
        self._restorer = restorer

    @classmethod
    def of(cls, stream: StreamedResponse) -> _Restored:
        """This uses a restorer of its own, because using the library's restorer here too would remove the joiner
        twice.
        """
        theirs = stream._parts_manager.special_token_restorer  # pyright: ignore[reportPrivateUsage]
        return cls(type(theirs)() if theirs is not None else None)

    def text(self, event: ModelResponseStreamEvent) -> str:
        if self._restorer is None:
            return _text(event)
        restored: list[ModelResponseStreamEvent] = []
        if isinstance(event, PartStartEvent):
            restored += self._restorer.flush_text()
        return "".join(map(_text, [*restored, self._restorer.restore(event)]))

    def rest(self) -> str:
        return "" if self._restorer is None else "".join(map(_text, self._restorer.flush()))


def _text(event: ModelResponseStreamEvent) -> str:
    match event:
        case (
            PartStartEvent(part=TextPart(content=text))
            | PartDeltaEvent(delta=TextPartDelta(content_delta=text))
        ):
            return text
        case _:
            return ""

"""A mixin for every provider's adapter: an unexpected error while reading a stream counts as the provider's fault,
not ours.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import fields, replace
from math import ceil, isfinite
from typing import Any

from pydantic import TypeAdapter
from pydantic_ai import RunContext
from pydantic_ai.exceptions import AgentRunError, UnexpectedModelBehavior, UserError
from pydantic_ai.messages import (
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelResponsePart,
    ModelResponseStreamEvent,
    PartStartEvent,
    TextPart,
)
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage
from pydantic_core import PydanticSerializationError

from worker.agent.llm.classify_provider_error import NotAnLlm, UnusableStream
from worker.agent.llm.fence_tool_results import fenced_results
from worker.agent.llm.token_estimate import estimated_tokens, tokens_of_offer, tokens_of_parts
from worker.json_text import read_json

_PART: TypeAdapter[ModelResponsePart] = TypeAdapter(ModelResponsePart)
_STREAM_TYPES = ("text/event-stream", "application/vnd.amazon.eventstream")
_MOST_TOKENS = 1_000_000_000
"""No request has that many tokens. A larger number, which no table can store, is an error of the provider's."""
_KEPT = 64_000
"""Maximum bytes kept of an answer that is not a stream, for the reason that it may give."""


class Guarded(Model[Any]):
    """A mixin that stands before an adapter of pydantic-ai in the list of bases."""

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse, None]:
        messages = fenced_results(messages)
        async with AsyncExitStack() as stack:
            opening = super().request_stream(messages, model_settings, model_request_parameters, run_context)
            try:
                stream = await stack.enter_async_context(opening)
            except (AgentRunError, UserError):
                raise
            except Exception as error:
                raise _unusable(self.model_name, error) from error
            _guard(stream, messages, model_request_parameters)
            yield stream

    async def _process_streamed_response(self, response: Any, *args: Any, **kwargs: Any) -> Any:
        """The adapters read the first event here. An answer without any event may not be a stream at all."""
        process: Any = getattr(super(), "_process_streamed_response")  # noqa: B009  not in the base class
        kind = _no_stream(response)
        read = _kept_beginning(response) if kind else bytearray()
        try:
            return await process(response, *args, **kwargs)
        except UnexpectedModelBehavior as error:
            if kind:
                message = f"The answer to a request for a stream was of the type {kind}."
                raise NotAnLlm(self.model_name, message, body=_document(read)) from error
            raise


def _kept_beginning(response: Any) -> bytearray:
    """Return what will have been read of an answer that is not a stream: the SDKs skip it line by line."""
    raw, kept = _raw(response), bytearray()
    read = raw.aiter_bytes

    async def reading(*args: Any, **kwargs: Any) -> AsyncIterator[bytes]:
        async for piece in read(*args, **kwargs):
            kept.extend(piece[: _KEPT - len(kept)])
            yield piece

    raw.aiter_bytes = reading
    return kept


def _document(read: bytearray) -> object:
    text = read.decode(errors="replace")
    try:
        return read_json(text)
    except ValueError:
        return text


def _no_stream(response: Any) -> str:
    """Return the content type of an answer that is not a stream; it is empty for a stream."""
    headers: Any = getattr(_raw(response), "headers", None)
    kind = str(headers.get("content-type", "")) if headers is not None else ""
    return "" if not kind or kind.startswith(_STREAM_TYPES) else kind


def _raw(response: Any) -> Any:
    """Return the HTTP response under an SDK's stream; None for botocore's."""
    return getattr(getattr(response, "source", response), "response", None)


def _guard(
    stream: StreamedResponse, messages: Sequence[ModelMessage], offered: ModelRequestParameters
) -> None:
    """Replace the adapter's own iterator, because the base class drives it and its errors can be seen only here."""
    events = stream._get_event_iterator  # pyrefly: ignore[protected-access]

    def count() -> None:
        make_whole(stream.usage)
        _estimate_what_is_not_told(stream, messages, offered)

    def guarded() -> AsyncIterator[ModelResponseStreamEvent]:
        return _translated(stream, events(), count)

    object.__setattr__(stream, "_get_event_iterator", guarded)


async def _translated(
    stream: StreamedResponse,
    events: AsyncIterator[ModelResponseStreamEvent],
    ended: Callable[[], None],
) -> AsyncGenerator[ModelResponseStreamEvent, None]:
    try:
        async for event in events:
            _check_start(stream, event)
            yield event
        _check_types(stream)
    except (AgentRunError, UserError, OSError, *stream.get_stream_cancel_errors()):
        raise
    except Exception as error:
        raise _unusable(stream.model_name, error) from error
    finally:
        ended()


def make_whole(usage: RequestUsage) -> None:
    """Make the token counts whole and non-negative, whatever the provider sends. One that cannot be true is dropped."""
    for each in fields(RequestUsage):
        value: object = getattr(usage, each.name)
        if isinstance(value, int | float):
            is_number = isfinite(value) and 0 < value <= _MOST_TOKENS
            setattr(usage, each.name, ceil(value) if is_number else 0)


def _estimate_what_is_not_told(
    stream: StreamedResponse, messages: Sequence[ModelMessage], offered: ModelRequestParameters
) -> None:
    """Some servers never tell the usage, and a stream that breaks off has not told it yet. The limits of a run and of
    the day must hold there, too. A stream without any part has cost nothing that is known.
    """
    told, parts = stream.usage, stream._parts_manager.get_parts()  # pyrefly: ignore[protected-access]
    if not parts or (told.input_tokens and told.output_tokens):
        return
    usage = replace(
        told,
        input_tokens=told.input_tokens or estimated_tokens(messages) + tokens_of_offer(offered),
        output_tokens=told.output_tokens or tokens_of_parts(parts),
    )
    stream._add_usage(usage, reported=True, cumulative=True)  # pyrefly: ignore[protected-access]


def _check_start(stream: StreamedResponse, event: ModelResponseStreamEvent) -> None:
    """The library looks a part up by its index, which is missing if the beginning of another part never came. A part
    with a field of another type is not kept of the broken answer, because nothing that reads the history expects it.
    """
    if not isinstance(event, PartStartEvent):
        return
    parts = stream._parts_manager  # pyrefly: ignore[protected-access]
    parts.get_parts()[event.index]
    try:
        _PART.dump_python(event.part, warnings="error")
    except PydanticSerializationError:
        parts._parts[event.index] = TextPart("")  # pyrefly: ignore[protected-access]
        raise


def _check_types(stream: StreamedResponse) -> None:
    """Check the event's fields. The SDKs read events without checking, so any field may hold any JSON value.

    A response of ours is complete or interrupted: none runs in the background or uses the provider's own tools, so
    the library must not request the rest of a response that claims to be suspended.
    """
    if stream.state == "suspended":
        stream.state = "incomplete"
    ModelMessagesTypeAdapter.dump_python([stream.get()], warnings="error")


def _unusable(model_name: str, error: Exception) -> UnusableStream:
    return UnusableStream(
        model_name, f"The answer has a form that is not understood ({type(error).__name__})."
    )

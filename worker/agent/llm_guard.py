"""What every provider's adapter gets: what it did not foresee in a stream is the provider's fault, not ours."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from pydantic_ai import RunContext
from pydantic_ai.exceptions import AgentRunError, UnexpectedModelBehavior, UserError
from pydantic_ai.messages import ModelMessage, ModelResponseStreamEvent
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.settings import ModelSettings

from worker.agent.llm_faults import NotAnLlm, UnusableStream

_STREAM_TYPES = ("text/event-stream", "application/vnd.amazon.eventstream")


class Guarded(Model[Any]):
    """A mixin before an adapter of pydantic-ai's."""

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse, None]:
        async with AsyncExitStack() as stack:
            opening = super().request_stream(messages, model_settings, model_request_parameters, run_context)
            try:
                stream = await stack.enter_async_context(opening)
            except (AgentRunError, UserError):
                raise
            except Exception as error:
                raise _unusable(self.model_name, error) from error
            _guard(stream)
            yield stream

    async def _process_streamed_response(self, response: Any, *args: Any, **kwargs: Any) -> Any:
        """The adapters read the first event here. What has none may be no stream at all."""
        process: Any = getattr(super(), "_process_streamed_response")  # noqa: B009  not in the base class
        try:
            return await process(response, *args, **kwargs)
        except UnexpectedModelBehavior as error:
            if kind := _no_stream(response):
                message = f"The answer to a request for a stream was of the type {kind}."
                raise NotAnLlm(self.model_name, message) from error
            raise


def _no_stream(response: Any) -> str:
    """The content type of an answer that is no stream; empty for one that is."""
    raw = getattr(getattr(response, "source", response), "response", None)
    headers: Any = getattr(raw, "headers", None)
    kind = str(headers.get("content-type", "")) if headers is not None else ""
    return "" if not kind or kind.startswith(_STREAM_TYPES) else kind


def _guard(stream: StreamedResponse) -> None:
    """The adapter's own iterator is replaced: the base class drives it, so this is where its errors can be seen."""
    events = stream._get_event_iterator  # pyright: ignore[reportPrivateUsage]

    def guarded() -> AsyncIterator[ModelResponseStreamEvent]:
        return _translated(stream.model_name, events())  # pyright: ignore[reportArgumentType]

    object.__setattr__(stream, "_get_event_iterator", guarded)


async def _translated(
    model_name: str, events: AsyncIterator[ModelResponseStreamEvent]
) -> AsyncGenerator[ModelResponseStreamEvent, None]:
    try:
        async for event in events:
            yield event
    except (AgentRunError, UserError):
        raise
    except (AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise _unusable(model_name, error) from error


def _unusable(model_name: str, error: Exception) -> UnusableStream:
    return UnusableStream(
        model_name, f"The answer has a form that is not understood ({type(error).__name__})."
    )

"""An LLM's text is shown where its stream is read, and the agent library gets the whole response at its end.

The library passes each event of a stream through a dozen generators, locks and cancel scopes, which cost many times
what showing a word does, and keeps them for as long as the stream lasts. Nothing of that is needed to show a text, so
the library is told of no stream. What it does only for streams is done here: the time limit for a first event, the
check of the run's tokens while the response arrives, and keeping what has arrived of a response that breaks off.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any, NoReturn, cast

from opentelemetry.trace import get_current_span
from pydantic_ai import RunContext
from pydantic_ai._usage_attribution import record_usage
from pydantic_ai.messages import (
    ModelMessage,
    ModelResponse,
    ModelResponseState,
    ModelResponseStreamEvent,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ToolCallPart,
)
from pydantic_ai.models import ModelRequestParameters, StreamedResponse
from pydantic_ai.models._request_timeout import RequestDeadline, enforce_request_deadline
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage, RunUsage

from worker.agent.deps import RunDeps, current_run
from worker.agent.llm.own_task import in_own_task

FIRST_EVENT = "gen_ai.client.operation.time_to_first_chunk"
"""The attribute of an LLM request's span that the library sets for streams, in seconds."""
TELLINGS = 4
"""How often a gateway may tell the same tool call in one answer, before its calls count as too many."""


class ShowingModel(WrapperModel):
    """`wrapped`, whose text is passed to the run's record as it arrives.

    Each attempt at a request looks at the lease just before it: a worker that was frozen, or that has paused after a
    failed attempt, must not pay for a response that another worker's attempt requests, too.
    """

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        context = current_run()
        context.deps.begun()
        reading = _Reading(context)
        opening = self.wrapped.request_stream(messages, model_settings, model_request_parameters, context)
        try:
            deadline = super()._start_request_deadline(model_settings, stream=True)
            await in_own_task(reading.read(opening, deadline), f"stream {context.deps.run_id}")
        except BaseException:
            reading.broke_off(self.model_id)
            raise
        return reading.response("complete")

    def request_stream(self, *args: Any, **kwargs: Any) -> NoReturn:
        """A stream that the library reads would be shown to nobody."""
        raise NotImplementedError

    def _start_request_deadline(
        self, model_settings: ModelSettings | None, *, stream: bool
    ) -> RequestDeadline | None:
        """Return none, because `request` has the deadlines of a stream and does not close the stream under them."""
        return None


@dataclass
class _Reading:
    """One attempt's stream."""

    context: RunContext[RunDeps]
    stream: StreamedResponse | None = None
    has_begun: bool = False
    calls: set[int] = field(default_factory=set[int])
    """The numbers of the tool calls that have begun."""

    async def read(
        self, opening: AbstractAsyncContextManager[StreamedResponse], deadline: RequestDeadline | None
    ) -> None:
        """Show all of the text. Each deadline is for waiting only: a stream is closed without one.

        The look at the lease is the last thing before the request: a worker that is frozen in between sends it although
        another worker may have the run by then.
        """
        await self.context.deps.record.hold_lease()
        began = perf_counter()
        async with AsyncExitStack() as stack:
            with enforce_request_deadline(deadline):
                self.stream = await stack.enter_async_context(opening)
                events = aiter(self.stream)
                first = await anext(events, None)
            if first is None:
                return
            self.has_begun = True
            get_current_span().set_attribute(FIRST_EVENT, perf_counter() - began)
            with enforce_request_deadline(deadline and deadline.after_first_event()):
                await self._arrived(first)
                async for event in events:
                    await self._arrived(event)

    async def _arrived(self, event: ModelResponseStreamEvent) -> None:
        if text := _text(event):
            await self.context.deps.record.show_text(text)
        self._check_tokens()
        if isinstance(event, PartStartEvent) and isinstance(event.part, ToolCallPart):
            self.calls.add(event.index)
            self._check_calls()

    def _check_calls(self) -> None:
        """None of so many calls would be made, and what the library does with them takes a time that grows as their
        square, in which the worker can keep no lease.
        """
        if limits := self.context.usage_limits:
            told = len(self.calls) // TELLINGS
            limits.check_before_tool_call(self.context.usage + RunUsage(tool_calls=told))

    def _check_tokens(self) -> None:
        limits, used = self.context.usage_limits, self.context.usage
        most = limits.total_tokens_limit if limits else None
        if limits and most is not None and used.total_tokens + self.usage.total_tokens > most:
            limits.check_tokens(used + self.usage)

    def broke_off(self, model_id: str) -> None:
        """Keep what has arrived, for the history and for the limits of the run and of the day."""
        if self.stream is None:
            return
        record_usage(self.context.usage, self.usage)
        if self.has_begun:
            partial = replace(
                self.response("interrupted"),
                run_id=self.context.run_id,
                conversation_id=self.context.conversation_id,
                model_id=model_id,
            )
            self.context.deps.partial = partial
            get_current_span().set_attributes(partial.usage.opentelemetry_attributes())

    @property
    def usage(self) -> RequestUsage:
        return self.stream.usage if self.stream else RequestUsage()

    def response(self, state: ModelResponseState) -> ModelResponse:
        return replace(cast("StreamedResponse", self.stream).get(), state=state)


def _text(event: ModelResponseStreamEvent) -> str:
    match event:
        case (
            PartStartEvent(part=TextPart(content=text))
            | PartDeltaEvent(delta=TextPartDelta(content_delta=text))
        ):
            return text
        case _:
            return ""

"""An LLM that is computed in this process, without a provider: the common part of `offline` and `scripted`."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelResponse, ModelResponseStreamEvent
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import RunContext, ToolDefinition
from pydantic_ai.usage import RequestUsage

from worker.agent.llm.local_model_input import Call, RunSoFar
from worker.agent.llm.token_estimate import CHARACTERS_PER_TOKEN, estimated_tokens

Piece = str | Call
"""The pieces of an answer: text deltas, then tool calls."""


class LocalModel(Model[None]):
    """A pydantic-ai model whose answers `play` computes."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    @abstractmethod
    def play(
        self, so_far: RunSoFar, tools: Sequence[ToolDefinition], instructions: str
    ) -> AsyncGenerator[Piece, None]:
        """Yield the pieces of the next response, at least one. The iterator is closed early when the request is
        cancelled.
        """

    @property
    def model_name(self) -> str:
        return self._name

    @property
    def system(self) -> str:
        return "forge"

    def prepare_messages(
        self, messages: list[ModelMessage], model_request_parameters: ModelRequestParameters | None = None
    ) -> list[ModelMessage]:
        # There is no wire format, so the framework's notes for providers would only hide the user's own words.
        return messages

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        async with self.request_stream(messages, model_settings, model_request_parameters) as stream:
            async for _ in stream:
                pass
            return stream.get()

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse, None]:
        _, parameters = self.prepare_request(model_settings, model_request_parameters)
        instructions = "\n".join(part.content for part in parameters.instruction_parts or [])
        pieces = self.play(RunSoFar.of(messages), parameters.declared_function_tools, instructions)
        try:
            yield LocalResponse(parameters, self._name, estimated_tokens(messages), pieces)
        finally:
            await pieces.aclose()


@dataclass
class LocalResponse(StreamedResponse):
    """Yield the pieces as the library's stream events, with estimated usage."""

    _name: str
    _input_tokens: int
    _pieces: AsyncIterator[Piece]
    _began: datetime = field(default_factory=lambda: datetime.now(UTC), init=False)

    async def _get_event_iterator(self) -> AsyncIterator[ModelResponseStreamEvent]:
        self._usage = RequestUsage(input_tokens=self._input_tokens)
        texts = calls = 0
        async for piece in self._pieces:
            if self.cancelled:
                return
            if isinstance(piece, str):
                texts += len(piece)
                for event in self._parts_manager.handle_text_delta(vendor_part_id="text", content=piece):
                    yield event
            else:
                calls += 1
                arguments = json.dumps(piece.arguments)
                texts += len(piece.name) + len(arguments)
                yield self._parts_manager.handle_tool_call_part(
                    vendor_part_id=calls, tool_name=piece.name, args=arguments
                )
            self._usage.output_tokens = 1 + texts // CHARACTERS_PER_TOKEN
        self.finish_reason = "tool_call" if calls else "stop"

    async def close_stream(self) -> None:
        """No connection is open; the next piece finds the stream cancelled."""

    @property
    def model_name(self) -> str:
        return self._name

    @property
    def provider_name(self) -> str | None:
        return None

    @property
    def provider_url(self) -> str | None:
        return None

    @property
    def timestamp(self) -> datetime:
        return self._began

"""Sends a history that the provider refuses once more as plain text. Otherwise every later message would fail too."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pydantic_ai import RunContext
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.exceptions import RetryModelRequest
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import ModelRequestContext, ModelRequestParameters, StreamedResponse
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings

from worker.agent.deps import RunDeps
from worker.agent.history.plain_text_history import is_plain, plain
from worker.agent.llm.classify_provider_error import fault_of


@dataclass
class HealHistory(AbstractCapability[RunDeps]):
    """Healing happens once in a run. `accept` marks the response, so that later requests and the next run use the
    plain form at once.
    """

    async def on_model_request_error(
        self, ctx: RunContext[RunDeps], *, request_context: ModelRequestContext, error: Exception
    ) -> ModelResponse:
        may_be_history = fault_of(error) == "rejected" and not is_plain(ctx.deps.sent)
        if ctx.deps.healing != "not needed" or not may_be_history:
            raise error
        ctx.deps.healing = "asked for"
        raise RetryModelRequest


class HealedModel(WrapperModel):
    """`wrapped`, which gets the history as plain text once healing was requested.

    A hook of the library could do this before each attempt, but then it would copy all tools' schemas for each
    request.
    """

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse, None]:
        if run_context is not None and run_context.deps.healing == "asked for":
            messages = plain(messages)
        async with self.wrapped.request_stream(
            messages, model_settings, model_request_parameters, run_context
        ) as stream:
            yield stream

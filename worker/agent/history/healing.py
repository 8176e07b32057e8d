"""A history that the provider refuses is sent once more as plain text; else every later message would fail too."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic_ai import RunContext
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.exceptions import RetryModelRequest
from pydantic_ai.messages import ModelResponse
from pydantic_ai.models import ModelRequestContext

from worker.agent.deps import RunDeps
from worker.agent.history.plain_history import is_plain, plain
from worker.agent.llm.faults import fault_of


@dataclass
class HealHistory(AbstractCapability[RunDeps]):
    """Once in a run. `accept` marks the response, so that the next request and the next run know."""

    async def on_model_request_error(
        self, ctx: RunContext[RunDeps], *, request_context: ModelRequestContext, error: Exception
    ) -> ModelResponse:
        may_be_history = fault_of(error) == "rejected" and not is_plain(request_context.messages)
        if ctx.deps.healing != "not needed" or not may_be_history:
            raise error
        ctx.deps.healing = "asked for"
        raise RetryModelRequest

    async def prepare_model_request(
        self, ctx: RunContext[RunDeps], request_context: ModelRequestContext
    ) -> ModelRequestContext:
        if ctx.deps.healing == "asked for":
            request_context.messages = plain(request_context.messages)
        return request_context

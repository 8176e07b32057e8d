"""Repeats an LLM request that failed for a reason that passes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from pydantic_ai import RunContext
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.exceptions import ModelAPIError, RetryModelRequest
from pydantic_ai.messages import ModelResponse
from pydantic_ai.models import ModelRequestContext

from forge.backoff import jittered
from worker.agent.deps import RunDeps
from worker.agent.llm.classify_provider_error import fault_of
from worker.agent.llm.provider_error_codes import Fault

ATTEMPTS = 4
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 15.0
"""The longest pause in seconds for which a provider may ask. If it asks for a longer one, the run ends and the person
is told.
"""
_PASSING: frozenset[Fault] = frozenset({"rate_limited", "overloaded", "server", "broken_off", "bad_call"})


@dataclass
class RetryLlm(AbstractCapability[RunDeps]):
    """Repeats a request that failed before any part of its answer arrived. Text that was shown cannot be taken back."""

    first_pause: float = FIRST_PAUSE
    """The limit of the first pause in seconds. Each further limit is twice as long."""

    async def on_model_request_error(
        self, ctx: RunContext[RunDeps], *, request_context: ModelRequestContext, error: Exception
    ) -> ModelResponse:
        attempt = request_context.attempt
        if fault_of(error) not in _PASSING or attempt >= ATTEMPTS or ctx.deps.record.text:
            raise error
        asked = (error.retry_after if isinstance(error, ModelAPIError) else None) or 0.0
        if asked > LONGEST_PAUSE:
            raise error
        await asyncio.sleep(asked + jittered(self.first_pause * 2 ** (attempt - 1)))
        raise RetryModelRequest

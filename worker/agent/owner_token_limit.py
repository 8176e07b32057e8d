"""The daily token limit of a signed-in owner over all sessions, checked before each LLM request."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic_ai import RunContext
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.models import ModelRequestContext

from forge.errors import ForgeError
from worker.agent.deps import RunDeps


class DailyTokensUsedUp(ForgeError):
    """Your account's tokens for today are used up, in all conversations together. They begin anew at 00:00 UTC."""


@dataclass
class DailyTokens(AbstractCapability[RunDeps]):
    """A response that has begun is not cut off, so each conversation may exceed the limit by its last response."""

    async def before_model_request(
        self, ctx: RunContext[RunDeps], request_context: ModelRequestContext
    ) -> ModelRequestContext:
        left = await ctx.deps.record.tokens_left()
        if left is not None and left <= 0:
            raise DailyTokensUsedUp
        return request_context

"""What surrounds each LLM request, in one list.

The library takes each event of a stream through all capabilities, whether they look at it or not, and begins a task for
each at each run. So ours are one to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic_ai import RunContext
from pydantic_ai.capabilities import AbstractCapability, WrapModelRequestHandler
from pydantic_ai.exceptions import RetryModelRequest
from pydantic_ai.messages import ModelResponse
from pydantic_ai.models import ModelRequestContext

from worker.agent.daily_tokens import DailyTokens
from worker.agent.deps import RunDeps
from worker.agent.failures import RetryLlm
from worker.agent.history.healing import HealHistory
from worker.agent.history.journal import PersistHistory
from worker.agent.history.media import ReadableMedia
from worker.agent.history.window import Window


@dataclass
class Layers(AbstractCapability[RunDeps]):
    """`window`, `media`: what the LLM gets to see. `retry`: when a request is repeated."""

    window: Window
    media: ReadableMedia
    retry: RetryLlm
    persist: PersistHistory = field(default_factory=PersistHistory)
    heal: HealHistory = field(default_factory=HealHistory)
    tokens: DailyTokens = field(default_factory=DailyTokens)

    async def before_model_request(
        self, ctx: RunContext[RunDeps], request_context: ModelRequestContext
    ) -> ModelRequestContext:
        """The limit comes first, for what it refuses need not be made ready. Media are looked for in what is left."""
        for layer in (self.tokens, self.window, self.media):
            request_context = await layer.before_model_request(ctx, request_context)
        return request_context

    async def wrap_model_request(
        self,
        ctx: RunContext[RunDeps],
        *,
        request_context: ModelRequestContext,
        handler: WrapModelRequestHandler,
    ) -> ModelResponse:
        """Around all attempts: what is stored is the response that counts."""
        return await self.persist.wrap_model_request(ctx, request_context=request_context, handler=handler)

    async def on_model_request_error(
        self, ctx: RunContext[RunDeps], *, request_context: ModelRequestContext, error: Exception
    ) -> ModelResponse:
        """A history that was refused is healed before anything is repeated as it is."""
        layers: Sequence[HealHistory | RetryLlm] = (self.heal, self.retry)
        for layer in layers:
            try:
                return await layer.on_model_request_error(ctx, request_context=request_context, error=error)
            except RetryModelRequest:
                raise
            except Exception as refused:  # noqa: BLE001  each may tell of another error
                error = refused
        raise error

"""The capabilities around each LLM request, in one list.

The library copies the run's context for each hook of each capability, and starts a task for each in each run. So our
layers are one capability to the library.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pydantic_ai import RunContext
from pydantic_ai.capabilities import AbstractCapability, WrapModelRequestHandler
from pydantic_ai.exceptions import RetryModelRequest
from pydantic_ai.messages import ModelResponse
from pydantic_ai.models import ModelRequestContext
from pydantic_ai.toolsets import AbstractToolset

from worker.agent.deps import RunDeps
from worker.agent.history.persist_history import PersistHistory
from worker.agent.history.refused_history import HealHistory
from worker.agent.llm.retry_request import RetryLlm
from worker.agent.owner_token_limit import DailyTokens


@dataclass
class Layers(AbstractCapability[RunDeps]):
    """Our layers around each LLM request."""

    retry: RetryLlm
    """Decides when a failed request is repeated."""
    tools: Callable[[], AbstractToolset[RunDeps]]
    """Returns the tools that a run which begins now is offered."""
    persist: PersistHistory = field(default_factory=PersistHistory)
    """Stores each response before its tools run."""
    heal: HealHistory = field(default_factory=HealHistory)
    """Repairs a history that the provider has refused."""
    tokens: DailyTokens = field(default_factory=DailyTokens)
    """Checks and counts the tokens of an owner's day."""

    def get_wrapper_toolset(self, toolset: AbstractToolset[RunDeps]) -> AbstractToolset[RunDeps]:
        """Return the tools in place of the agent's own toolset, which has none. With two toolsets the library would
        start a task for each whenever it asks them for something.
        """
        return self.tools()

    async def before_model_request(
        self, ctx: RunContext[RunDeps], request_context: ModelRequestContext
    ) -> ModelRequestContext:
        return await self.tokens.before_model_request(ctx, request_context)

    async def wrap_model_request(
        self,
        ctx: RunContext[RunDeps],
        *,
        request_context: ModelRequestContext,
        handler: WrapModelRequestHandler,
    ) -> ModelResponse:
        """These layers are outside of all attempts, so that only the response of the last attempt is stored."""
        return await self.persist.wrap_model_request(ctx, request_context=request_context, handler=handler)

    async def on_model_request_error(
        self, ctx: RunContext[RunDeps], *, request_context: ModelRequestContext, error: Exception
    ) -> ModelResponse:
        """Heal a refused history before any request is repeated unchanged. Nothing helps a response that has begun."""
        if ctx.deps.partial:
            raise error
        layers: Sequence[HealHistory | RetryLlm] = (self.heal, self.retry)
        for layer in layers:
            try:
                return await layer.on_model_request_error(ctx, request_context=request_context, error=error)
            except RetryModelRequest:
                raise
            except Exception as refused:  # noqa: BLE001  each layer may handle another error
                error = refused
        raise error

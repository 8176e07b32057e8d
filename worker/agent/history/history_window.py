"""The part of a long history that an LLM gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic_ai import RunContext
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import ModelRequestContext

from worker.agent.deps import RunDeps
from worker.agent.history import run_history as history
from worker.agent.history import shown_messages
from worker.agent.history.plain_text_history import healed
from worker.agent.history.provider_neutral_history import normal_history, same
from worker.agent.messages.message_codec import Sizes

_BYTES_PER_TOKEN = 4
"""An estimate, which is sufficient because the window only has to stay well below the provider's limit."""


def _is_empty(message: ModelMessage) -> bool:
    return isinstance(message, ModelResponse) and not (
        message.tool_calls or shown_messages.response_text(message).strip()
    )


@dataclass
class Window(AbstractCapability[RunDeps]):
    """Puts the history before the run in front of the run's messages, and shortens what the LLM gets, never what is
    stored. Whole turns are removed, so that calls keep their results.

    Above `tokens` it cuts down to 60 % of them, so that the beginning stays the same for many requests, which keeps a
    provider's prompt cache valid. What is sent has the form that every provider accepts.
    """

    tokens: int
    """The estimated size in tokens above which the history is shortened."""

    async def before_model_request(
        self, ctx: RunContext[RunDeps], request_context: ModelRequestContext
    ) -> ModelRequestContext:
        whole = [*ctx.deps.earlier, *request_context.messages]
        messages = [message for message in whole if not _is_empty(message)]
        if cut := _cut(messages, ctx.deps.sizes, self.tokens):
            messages = messages[cut:]
        messages = normal_history(healed(messages))
        if not same(messages, request_context.messages):
            request_context.messages = messages
        return request_context


def _cut(messages: Sequence[ModelMessage], known: Sizes, most: int) -> int:
    """Return the index of the first message to keep. Messages are measured in their stored form."""
    sizes = [known.of(message) // _BYTES_PER_TOKEN for message in messages]
    total, cut = sum(sizes), 0
    if total <= most:
        return 0
    for index, message in enumerate(messages):
        if index and history.starts_turn(message):
            cut = index
            if total <= most * 0.6:
                break
        total -= sizes[index]
    return cut

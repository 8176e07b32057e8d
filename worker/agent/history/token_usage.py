"""The LLM tokens that a run's messages have used. The store charges them to daily limits (`forge.store.limits`)."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic_ai.messages import ModelMessage, ModelResponse


def tokens_used(messages: Sequence[ModelMessage]) -> int:
    return sum(message.usage.total_tokens for message in messages if isinstance(message, ModelResponse))

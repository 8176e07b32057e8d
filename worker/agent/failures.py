"""What ends a run, in words for the person who waits for it: what happened, and what they or the operator can do."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from pydantic_ai import RunContext
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.exceptions import (
    ContentFilterError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelContextWindowExceededError,
    ModelNotFoundError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelRequestRejectedError,
    ModelRequestTimeout,
    ModelServerError,
    ModelUnavailableError,
    RetryModelRequest,
    UnexpectedModelBehavior,
    UsageLimitExceeded,
)
from pydantic_ai.messages import ModelResponse
from pydantic_ai.models import ModelRequestContext

from forge.errors import ForgeError, MissingApiKey
from worker.agent.daily_tokens import DailyTokensUsedUp
from worker.agent.deps import RunDeps

ATTEMPTS = 4
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 15.0
"""Seconds. A provider that asks for more is not waited for: the person is told instead."""


class TooManyAttempts(ForgeError):
    """This message made the worker fail several times and was given up. Please try it in another way."""


_PASSING = (ModelRateLimitError, ModelUnavailableError, ModelServerError, ModelConnectionError)

_SENTENCES: tuple[tuple[type[BaseException], str], ...] = (
    (
        ModelQuotaExceededError,
        "The LLM provider's quota is used up. Whoever operates this server must raise it.",
    ),
    (
        ModelRateLimitError,
        "The LLM provider is limiting our requests. Please send the message again in a minute.",
    ),
    (ModelUnavailableError, "The LLM provider is overloaded. Please send the message again in a minute."),
    (ModelServerError, "The LLM provider had an internal error. Please send the message again."),
    (ModelConnectionError, "The connection to the LLM provider broke. Please send the message again."),
    (
        ModelAuthenticationError,
        "The LLM provider refused our API key. Whoever operates this server must set a valid one.",
    ),
    (
        ModelNotFoundError,
        "The LLM provider does not know the configured LLM. FORGE_LLM must name another one.",
    ),
    (
        ModelContextWindowExceededError,
        "This conversation has become too long for the LLM. Please start a new conversation.",
    ),
    (
        ModelRequestRejectedError,
        "The LLM provider rejected the request. Please rephrase, or start a new conversation.",
    ),
    (
        ContentFilterError,
        "The LLM provider's content filter blocked the answer. Please rephrase the message.",
    ),
    (ModelRequestTimeout, "The LLM provider took too long to answer. Please send the message again."),
    (ModelAPIError, "The LLM provider could not answer. Please send the message again."),
    (UnexpectedModelBehavior, "The LLM gave an answer that cannot be used. Please send the message again."),
    (TimeoutError, "This took longer than a run may take and was stopped. Please ask for less at a time."),
)


def describe(error: BaseException) -> str:
    """One or two sentences without any of the error's own text, which may hold anything."""
    if isinstance(error, MissingApiKey):
        return f"No LLM can answer: {error.detail} Whoever operates this server must set it and restart the worker."
    if isinstance(error, TooManyAttempts | DailyTokensUsedUp):
        return error.detail
    if isinstance(error, UsageLimitExceeded):
        return f"This reached a limit for one message ({_limit(error)}) and was stopped. Please ask for less at a time."
    for kind, sentence in _SENTENCES:
        if isinstance(error, kind):
            return sentence
    return "Something went wrong inside the server. The message was not completed; please send it again."


def _limit(error: UsageLimitExceeded) -> str:
    names = {"request_limit": "LLM requests", "tool_calls_limit": "tool calls", "tokens_limit": "tokens"}
    return next((words for name, words in names.items() if name in error.message), "usage")


@dataclass
class RetryLlm(AbstractCapability[RunDeps]):
    """Repeats a request that failed before anything of its answer arrived; later ones cannot be taken back."""

    async def on_model_request_error(
        self, ctx: RunContext[RunDeps], *, request_context: ModelRequestContext, error: Exception
    ) -> ModelResponse:
        attempt = request_context.attempt
        passing = isinstance(error, _PASSING) and not isinstance(error, ModelQuotaExceededError)
        if not passing or attempt >= ATTEMPTS or ctx.deps.record.text:
            raise error
        asked = (error.retry_after if isinstance(error, ModelAPIError) else None) or 0.0
        if asked > LONGEST_PAUSE:
            raise error
        await asyncio.sleep(max(asked, FIRST_PAUSE * 2 ** (attempt - 1)))
        raise RetryModelRequest

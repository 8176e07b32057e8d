"""How long a request to an LLM may take: until its first event, between two events, and in all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from pydantic_ai.settings import ModelSettings

from worker.setting_numbers import number


@dataclass(frozen=True)
class RequestTimeouts:
    """The time limits of a request, in seconds."""

    first: float = 90
    """The longest time until the first text or tool call."""
    silence: float = 60
    """The longest time between two events of the stream."""
    whole: float = 600
    """The longest time of the whole request."""
    retries: int = 0
    """The retries of the provider's SDK: none, because the agent itself repeats requests that have not brought any
    text.
    """

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        return cls(
            first=number(environment, "FORGE_LLM_FIRST_SECONDS", cls.first),
            silence=number(environment, "FORGE_LLM_SILENCE_SECONDS", cls.silence),
            whole=number(environment, "FORGE_LLM_SECONDS", cls.whole),
            retries=round(number(environment, "FORGE_LLM_RETRIES", cls.retries)),
        )

    def deadlines(self) -> ModelSettings:
        """Settings that pydantic-ai itself enforces, and prompt caching, which it uses if the LLM has it."""
        return ModelSettings(first_event_timeout=self.first, request_timeout=self.whole, cache=True)

    def settings(self) -> ModelSettings:
        """Settings for SDKs that take their timeout and retries with each request."""
        return {**self.deadlines(), "timeout": self.silence, "max_retries": self.retries}

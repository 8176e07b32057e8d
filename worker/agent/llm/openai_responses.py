"""OpenAI's Responses API, whose streams the library reads without changes."""

from __future__ import annotations

from pydantic_ai.models.openai import OpenAIResponsesModel

from worker.agent.llm.stream_guard import Guarded


class ResponsesModel(Guarded, OpenAIResponsesModel):
    """Errors that the library does not handle are the provider's errors."""

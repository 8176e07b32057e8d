"""OpenAI's Responses API, which streams as its library expects."""

from __future__ import annotations

from pydantic_ai.models.openai import OpenAIResponsesModel

from worker.agent.llm.guard import Guarded


class ResponsesModel(Guarded, OpenAIResponsesModel):
    """Errors that the library does not foresee are the provider's."""

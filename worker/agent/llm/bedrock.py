"""Bedrock's Converse API, which streams as its library expects."""

from __future__ import annotations

from pydantic_ai.models.bedrock import BedrockConverseModel

from worker.agent.llm.guard import Guarded


class BedrockModel(Guarded, BedrockConverseModel):
    """Errors that the library does not foresee are the provider's."""

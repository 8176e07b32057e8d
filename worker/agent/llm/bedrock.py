"""Bedrock's Converse API, whose streams the library reads without changes."""

from __future__ import annotations

from pydantic_ai.models.bedrock import BedrockConverseModel

from worker.agent.llm.stream_guard import Guarded


class BedrockModel(Guarded, BedrockConverseModel):
    """Errors that the library does not handle are the provider's errors."""

"""Reads the chunks of a Chat Completions stream by pydantic's validator, which takes a tenth of the SDK's own time.

The SDK builds each object of a chunk in Python, without a check, so that no form of a field is an error. A chunk of the
usual form passes the validator, which then builds the same objects; every other chunk is left to the SDK.
"""

from __future__ import annotations

from typing import Any

from openai._models import construct_type
from openai.types.chat import ChatCompletionChunk
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, to_json

_CHUNK = TypeAdapter(ChatCompletionChunk)


class QuickChunk:
    """A type that the SDK lets build itself, in place of `ChatCompletionChunk`."""

    @classmethod
    def build(cls, *, response: Any, data: object) -> Any:
        """Strict, because the validator would otherwise convert values that the SDK leaves as they are."""
        try:
            return _CHUNK.validate_json(to_json(data, inf_nan_mode="constants"), strict=True)
        except (ValidationError, PydanticSerializationError):
            return construct_type(type_=ChatCompletionChunk, value=data)

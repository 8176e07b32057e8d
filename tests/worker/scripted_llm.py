"""LLMs that play a script: one list of pieces per response of the run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelResponse, ToolReturnPart, UserPromptPart
from pydantic_ai.models.function import DeltaToolCall, FunctionModel

Piece = str | dict[int, DeltaToolCall] | asyncio.Event | Exception


def call(name: str, arguments: str, call_id: str, index: int = 1) -> dict[int, DeltaToolCall]:
    return {index: DeltaToolCall(name, arguments, tool_call_id=call_id)}


class Script:
    """Plays `responses` for every prompt: which one is next follows from the messages, as for a real LLM.

    An event is waited for, an exception is raised. `requests` are the messages of every request.
    """

    def __init__(self, *responses: Sequence[Piece]) -> None:
        self._responses = responses
        self.requests: list[list[ModelMessage]] = []
        self.is_reached = asyncio.Event()
        """Set whenever the script waits for an event."""

    def llm(self) -> FunctionModel:
        return FunctionModel(stream_function=self._stream)

    async def _stream(self, messages: list[ModelMessage], _info: Any) -> AsyncIterator[Any]:
        self.requests.append(list(messages))
        for piece in self._responses[_answered(messages)]:
            if isinstance(piece, asyncio.Event):
                self.is_reached.set()
                await piece.wait()
            elif isinstance(piece, Exception):
                raise piece
            else:
                yield piece


def _answered(messages: Sequence[ModelMessage]) -> int:
    """How many responses the last prompt has."""
    count = 0
    for message in reversed(messages):
        if isinstance(message, ModelResponse):
            count += 1
        elif any(isinstance(part, UserPromptPart) for part in message.parts):
            return count
    return count


def results(messages: Sequence[ModelMessage]) -> list[tuple[str, str, str]]:
    """Call id, outcome and text of every tool result in `messages`."""
    return [
        (part.tool_call_id, part.outcome, part.model_response_str(wrap_if_error=False))
        for message in messages
        for part in message.parts
        if isinstance(part, ToolReturnPart)
    ]


def prompts(messages: Sequence[ModelMessage]) -> list[str]:
    return [
        str(part.content)
        for message in messages
        for part in message.parts
        if isinstance(part, UserPromptPart)
    ]

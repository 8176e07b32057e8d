"""An LLM for the wallet's tests: it makes the tool calls of a prompt that is a JSON list, and repeats any other
prompt.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

from pydantic_ai.messages import ModelMessage, ToolReturnPart, UserPromptPart
from pydantic_ai.models.function import DeltaToolCall, FunctionModel

from worker.agent.wallet import TOOL_NAME

ASK = TOOL_NAME


class Talk:
    """`requests`: the messages of every request. `call_ids`: of the next calls, as a provider might choose them."""

    def __init__(self) -> None:
        self.requests: list[list[ModelMessage]] = []
        self.call_ids: list[str] = []

    def llm(self) -> FunctionModel:
        return FunctionModel(stream_function=self._stream)

    async def _stream(self, messages: list[ModelMessage], _info: Any) -> AsyncIterator[Any]:
        self.requests.append(list(messages))
        parts = [part for message in messages for part in message.parts]
        last, asked = [(i, part) for i, part in enumerate(parts) if isinstance(part, UserPromptPart)][-1]
        prompt = str(asked.content)
        results = [part for part in parts[last:] if isinstance(part, ToolReturnPart)]
        if prompt.startswith("[[") and not results:
            for index, (name, arguments) in enumerate(json.loads(prompt)):
                call_id = self.call_ids.pop(0) if self.call_ids else f"c{len(parts)}.{index}"
                yield {index: DeltaToolCall(name, json.dumps(arguments), tool_call_id=call_id)}
        elif results:
            yield "Results: " + " | ".join(part.model_response_str(wrap_if_error=False) for part in results)
        else:
            yield f"Heard: {prompt}"

    @property
    def said_to(self) -> str:
        """The last request as the LLM reads it."""
        return "\n".join(str(getattr(part, "content", "")) for m in self.requests[-1] for part in m.parts)


def calling(*calls: tuple[str, dict[str, Any]]) -> str:
    return json.dumps([[name, arguments] for name, arguments in calls])


def asking(to: str, value: str, **more: Any) -> str:
    return calling((ASK, {"to": to, "value": value, "description": "A payment", **more}))


def pairs(messages: Sequence[ModelMessage]) -> tuple[list[str], list[str]]:
    """The ids of all tool calls and of all results, which a provider wants to match."""
    calls = [part.tool_call_id for m in messages for part in m.parts if part.part_kind == "tool-call"]
    returns = [part.tool_call_id for m in messages for part in m.parts if part.part_kind == "tool-return"]
    return calls, returns

"""The input of an LLM that is computed in this process: the prompt, and the results of its tool calls so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, ToolReturnPart, UserPromptPart

from forge.models.work import CallKind
from worker.agent.messages.result_parts import kind_of, shown_text


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call that the LLM asks for."""

    name: str
    """The tool's name."""
    arguments: dict[str, Any]
    """The arguments, by parameter."""


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one tool call."""

    name: str
    """The tool's name."""
    value: Any
    """What the tool returned, which is untrusted data."""
    kind: CallKind = "ok"
    """How the call ended."""
    shown: str | None = None
    """The text for a person about a call that has no result."""


@dataclass(frozen=True, slots=True)
class RunSoFar:
    """The prompt to answer, and for each response so far the results of its tool calls, in their order.

    All of this is read from the messages of the request: the last user prompt, and what follows it. So a run that
    another process resumes continues where it was.
    """

    prompt: str
    """The text of the last user prompt."""
    exchanges: list[list[Result]]
    """For each response since then, the results of its tool calls in their order."""

    @classmethod
    def of(cls, messages: Sequence[ModelMessage]) -> RunSoFar:
        start, prompt = _last_prompt(messages)
        returns = {
            part.tool_call_id: part
            for message in messages[start:]
            for part in message.parts
            if isinstance(part, ToolReturnPart)
        }
        responses = [m for m in messages[start:] if isinstance(m, ModelResponse)]
        return cls(prompt, [_results(response, returns) for response in responses])


def _last_prompt(messages: Sequence[ModelMessage]) -> tuple[int, str]:
    for index in range(len(messages) - 1, -1, -1):
        message = messages[index]
        if isinstance(message, ModelRequest):
            for part in reversed(message.parts):
                if isinstance(part, UserPromptPart):
                    return index, _text(part)
    return 0, ""


def _text(part: UserPromptPart) -> str:
    if isinstance(part.content, str):
        return part.content
    return "\n".join(item for item in part.content if isinstance(item, str))


def _results(response: ModelResponse, returns: dict[str, ToolReturnPart]) -> list[Result]:
    results: list[Result] = []
    for call in response.tool_calls:
        part = returns.get(call.tool_call_id)
        if part is None:
            results.append(Result(call.tool_name, "The call has no result.", "unknown"))
        else:
            kind = kind_of(part)
            shown = None if kind == "ok" else shown_text(part)
            results.append(Result(call.tool_name, cast("Any", part.content), kind, shown))
    return results

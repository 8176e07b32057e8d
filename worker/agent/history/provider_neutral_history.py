"""Converts the history that is sent to the form that every provider accepts.

The history may contain messages of an earlier version or of another provider's LLM, or the rest of a history of which
a part cannot be read. Each call gets one result, in the request that follows it. Results without a call and empty
parts are dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelRequestPart,
    ModelResponse,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

from worker.agent.history.provider_neutral_turn import has_normal_parts, normalise
from worker.agent.messages.result_parts import error_part, record_of
from worker.tool_outcomes import lost

_BEGINNING = "(The beginning of this conversation is not available.)"
_NO_OUTPUT = "(no output)"
_NO_TEXT = "(no text)"


def normal_history(messages: Sequence[ModelMessage]) -> list[ModelMessage]:
    """Return `messages` in the normal form. Messages that have it already stay the same objects."""
    normal: list[ModelMessage] = []
    used: set[str] = set()
    for index, message in enumerate(messages):
        if isinstance(message, ModelRequest):
            continue
        requests = _requests(messages, index + 1)
        if not normal:
            normal += _cleaned(_requests(messages, 0), []) or [_first()]
        if has_normal_parts(message):
            normal += [message, *_cleaned(requests, [])]
            continue
        answered = replace(message, parts=list(message.parts))
        renamed = normalise(answered, used, ())
        if answered.parts:
            normal.append(message if same(answered.parts, message.parts) else answered)
        normal += _cleaned(requests, _results(requests, renamed))
    return normal or _cleaned(messages, [])


def _first() -> ModelRequest:
    return ModelRequest(parts=[UserPromptPart(_BEGINNING)])


def _requests(messages: Sequence[ModelMessage], start: int) -> list[ModelRequest]:
    """Return the requests from `start` up to the next response."""
    found: list[ModelRequest] = []
    for index in range(start, len(messages)):
        message = messages[index]
        if isinstance(message, ModelResponse):
            break
        found.append(message)
    return found


def same(parts: Sequence[object], others: Sequence[object]) -> bool:
    return len(parts) == len(others) and all(a is b for a, b in zip(parts, others, strict=True))


def _results(
    requests: Sequence[ModelRequest],
    renamed: Sequence[tuple[ToolCallPart, ToolCallPart]],
) -> list[ToolReturnPart]:
    """Return one result for each call. Calls that had the same id get their results in the same order."""
    found = [part for request in requests for part in request.parts if isinstance(part, ToolReturnPart)]
    results: list[ToolReturnPart] = []
    for old, new in renamed:
        result = next((part for part in found if part.tool_call_id == old.tool_call_id), None)
        if result is None:
            results.append(error_part(new.tool_name, new.tool_call_id, record_of(lost()), "interrupted"))
            continue
        found = [part for part in found if part is not result]
        results.append(_normal_result(result, new))
    return results


def _normal_result(result: ToolReturnPart, call: ToolCallPart) -> ToolReturnPart:
    is_blank = isinstance(result.content, str) and not result.content.strip()
    if not is_blank and (result.tool_name, result.tool_call_id) == (call.tool_name, call.tool_call_id):
        return result
    content = _NO_OUTPUT if is_blank else result.content
    return replace(result, tool_name=call.tool_name, tool_call_id=call.tool_call_id, content=content)


def _cleaned(requests: Sequence[ModelMessage], results: Sequence[ToolReturnPart]) -> list[ModelMessage]:
    """Return the requests with exactly `results`, all of them in the first request."""
    cleaned: list[ModelMessage] = []
    left = list[ModelRequestPart](results)
    for request in requests:
        if not isinstance(request, ModelRequest):
            continue
        others = [_spoken(part) for part in request.parts if not isinstance(part, ToolReturnPart)]
        parts, left = [*left, *others], []
        if same(parts, request.parts):
            cleaned.append(request)
        elif parts:
            cleaned.append(replace(request, parts=parts))
    return cleaned or ([ModelRequest(parts=left)] if left else [])


def _spoken(part: ModelRequestPart) -> ModelRequestPart:
    if isinstance(part, UserPromptPart) and isinstance(part.content, str) and not part.content.strip():
        return replace(part, content=_NO_TEXT)
    return part

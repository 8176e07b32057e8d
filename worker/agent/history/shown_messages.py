"""The messages that a person sees of the LLM's messages: texts, tool calls and their results."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal, cast

from pydantic import TypeAdapter
from pydantic_ai.messages import (
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolRetryCause,
    ToolReturn,
    ToolReturnContent,
    ToolReturnPart,
)

from forge.models.message import TOOL_DISPLAY_LIMIT, Draft, ToolDisplay, ToolOutcome, cut
from forge.models.work import CallKind, CallRecord
from worker.agent.deps import RunDeps
from worker.agent.history.media import without_files
from worker.agent.history.storable_text import well_formed, well_formed_json
from worker.tool_outcomes import ToolEnded

RESULT: TypeAdapter[Any] = TypeAdapter(ToolReturn | ToolReturnContent)
"""What a tool has brought, as the value of a call's record."""
INTERRUPTED = "Interrupted before it had a result."
NOT_STARTED = "Interrupted before it was started: nothing was done."

_KIND = "kind"
"""The field of a result part's metadata that holds the call's kind. No LLM gets this metadata."""
_SHOWN = "shown"
"""The field of the same metadata with the text for a person, if the LLM gets a different text."""

_CARDS: Mapping[CallKind, ToolOutcome] = {
    "ok": "success",
    "retry": "failed",
    "refused": "refused",
    "failed": "failed",
    "unknown": "unknown",
}
_KINDS_OF_THE_LIBRARY: Mapping[str, CallKind] = {
    "success": "ok",
    "failed": "failed",
    "denied": "refused",
    "interrupted": "unknown",
    "retried": "retry",
}
"""The kind of a part that the library or an earlier version of ours made, by its `outcome`."""
_NEVER_RUN: Mapping[ToolRetryCause, str] = {
    "validation_error": "Nothing was done: it was called with arguments that it does not take.",
    "unknown_tool": "Nothing was done: there is no such tool.",
    "unavailable_tool": "Nothing was done: this tool cannot be used at this point.",
}
"""The library rejects such a call before the tool runs. The library's own text is for the LLM; this one is for a
person.
"""


def response_text(response: ModelResponse) -> str:
    return "".join(part.content for part in response.parts if isinstance(part, TextPart))


def response_drafts(deps: RunDeps, response: ModelResponse) -> Iterator[Draft]:
    """Yield the text, if there is any, and one message for each tool call."""
    if (text := response_text(response)).strip():
        yield text_draft(deps, text)
    for call in response.tool_calls:
        yield _call_draft(deps, call)


def text_draft(deps: RunDeps, text: str) -> Draft:
    return Draft(sender="agent", content=well_formed(text), created_at=deps.clock(), run_id=deps.run_id)


def result_draft(deps: RunDeps, part: ToolReturnPart) -> Draft:
    content, truncated = cut(well_formed(shown_text(part)))
    return Draft(
        sender="system",
        kind="tool_result",
        content=content,
        created_at=deps.clock(),
        run_id=deps.run_id,
        tool=ToolDisplay(
            call_id=part.tool_call_id, name=part.tool_name, outcome=_outcome(part), truncated=truncated
        ),
    )


def _call_draft(deps: RunDeps, call: ToolCallPart) -> Draft:
    arguments = call_arguments(call)
    text = json.dumps(arguments, separators=(",", ":"), ensure_ascii=False)
    content, truncated = cut(text)
    kept = arguments if len(text) <= TOOL_DISPLAY_LIMIT else None
    return Draft(
        sender="system",
        kind="tool_call",
        content=f"tool: {call.tool_name} | args: {content}",
        created_at=deps.clock(),
        run_id=deps.run_id,
        tool=ToolDisplay(call_id=call.tool_call_id, name=call.tool_name, arguments=kept, truncated=truncated),
    )


def call_arguments(call: ToolCallPart) -> dict[str, Any]:
    """Return the arguments as an object. If the LLM wrote something else, the object holds what it wrote."""
    try:
        return well_formed_json(call.args_as_dict(raise_if_invalid=True))
    except (ValueError, AssertionError):
        return {"invalid": well_formed(str(call.args))}


def error_part(
    tool: str, call_id: str, record: CallRecord, outcome: Literal["failed", "interrupted"] = "failed"
) -> ToolReturnPart:
    """Return the result of a call that has none, as the LLM gets it. Its metadata holds the kind and the text for
    a person.
    """
    shown = {} if record.shown is None else {_SHOWN: record.shown}
    return ToolReturnPart(
        tool, record.value, call_id, metadata={_KIND: record.kind, **shown}, outcome=outcome
    )


def recorded_part(call: ToolCallPart, record: CallRecord) -> ToolReturnPart:
    """The result of a call whose run broke off before the LLM got it."""
    if record.kind != "ok":
        outcome = "interrupted" if record.kind == "unknown" else "failed"
        return error_part(call.tool_name, call.tool_call_id, record, outcome)
    value = RESULT.validate_json(record.value)
    content = value.return_value if isinstance(value, ToolReturn) else value
    return ToolReturnPart(call.tool_name, content, call.tool_call_id)


def record_of(end: ToolEnded) -> CallRecord:
    message = str(end)
    return CallRecord(end.kind, message, None if end.shown == message else end.shown)


def paused_part(call: ToolCallPart, told: str, shown: str) -> ToolReturnPart:
    """Return the result of a call that waits for a person: `told` to the LLM, `shown` to the person."""
    return ToolReturnPart(call.tool_name, told, call.tool_call_id, metadata={_SHOWN: shown})


def shown_text(part: ToolReturnPart) -> str:
    """Return the text of a result for a person."""
    match part.metadata:
        case {"shown": str(text)}:
            return text
        case _ if part.retry is not None and part.retry.cause in _NEVER_RUN:
            return _NEVER_RUN[part.retry.cause]
        case _:
            whole = replace(part, content=without_files(part.content))
            return whole.model_response_str(wrap_if_error=False)


def kind_of(part: ToolReturnPart) -> CallKind:
    """A kind that this version does not know counts as `unknown`."""
    match part.metadata:
        case {"kind": str(written)}:
            return cast("CallKind", written) if written in _CARDS else "unknown"
        case _ if part.retry is not None and part.retry.cause in _NEVER_RUN:
            return "refused"
        case _:
            return _KINDS_OF_THE_LIBRARY.get(part.outcome, "unknown")


def _outcome(part: ToolReturnPart) -> ToolOutcome:
    return _CARDS[kind_of(part)]

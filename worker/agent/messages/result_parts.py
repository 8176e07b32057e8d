"""The parts of an LLM message that hold a tool's result: how the call ended, and what a person reads of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from pydantic import TypeAdapter
from pydantic_ai.messages import ToolCallPart, ToolRetryCause, ToolReturn, ToolReturnContent, ToolReturnPart

from forge.models.message import ToolOutcome
from forge.models.work import CallKind, CallRecord
from worker.agent.messages.result_files import without_files
from worker.tool_outcomes import WRONG_ARGUMENTS, ToolEnded

RESULT: TypeAdapter[Any] = TypeAdapter(ToolReturn | ToolReturnContent)
"""What a tool has brought, as the value of a call's record."""
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
    "validation_error": WRONG_ARGUMENTS,
    "unknown_tool": "Nothing was done: there is no such tool.",
    "unavailable_tool": "Nothing was done: this tool cannot be used at this point.",
}
"""The library rejects such a call before the tool runs. The library's own text is for the LLM; this one is for a
person.
"""


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
            return written if written in _CARDS else "unknown"
        case _ if part.retry is not None and part.retry.cause in _NEVER_RUN:
            return "refused"
        case _:
            return _KINDS_OF_THE_LIBRARY.get(part.outcome, "unknown")


def outcome_of(part: ToolReturnPart) -> ToolOutcome:
    return _CARDS[kind_of(part)]

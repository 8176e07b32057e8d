"""What a person sees of an LLM's messages: texts, tool calls and their results."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart

from forge.models.message import TOOL_DISPLAY_LIMIT, Draft, ToolDisplay, ToolOutcome, cut
from worker.agent.deps import RunDeps
from worker.agent.wellformed import well_formed, well_formed_json

UNKNOWN_SIGN = "OUTCOME UNKNOWN"
UNKNOWN = (
    f"{UNKNOWN_SIGN}: this call was started but its result was lost. It may or may not have taken effect. "
    "Verify the state with a read-only tool before repeating it."
)
INTERRUPTED = "Interrupted before it had a result."


def response_text(response: ModelResponse) -> str:
    return "".join(part.content for part in response.parts if isinstance(part, TextPart))


def response_drafts(deps: RunDeps, response: ModelResponse) -> Iterator[Draft]:
    """The text, if there is any, and one message for each tool call."""
    if (text := response_text(response)).strip():
        yield text_draft(deps, text)
    for call in response.tool_calls:
        yield _call_draft(deps, call)


def text_draft(deps: RunDeps, text: str) -> Draft:
    return Draft(sender="agent", content=well_formed(text), created_at=deps.clock(), run_id=deps.run_id)


def result_draft(deps: RunDeps, part: ToolReturnPart) -> Draft:
    content, truncated = cut(well_formed(part.model_response_str(wrap_if_error=False)))
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


def tokens_of(messages: list[ModelMessage]) -> int:
    return sum(message.usage.total_tokens for message in messages if isinstance(message, ModelResponse))


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
    """The arguments as an object; an LLM that wrote something else is shown with what it wrote."""
    try:
        return well_formed_json(call.args_as_dict(raise_if_invalid=True))
    except (ValueError, AssertionError):
        return {"invalid": well_formed(str(call.args))}


def _outcome(part: ToolReturnPart) -> ToolOutcome:
    if part.outcome == "success":
        return "success"
    return "unknown" if part.outcome == "interrupted" or _is_unknown(part) else "failed"


def _is_unknown(part: ToolReturnPart) -> bool:
    """Said by us, or by a tool of ours whose own request had no answer."""
    return isinstance(part.content, str) and part.content.startswith(UNKNOWN_SIGN)

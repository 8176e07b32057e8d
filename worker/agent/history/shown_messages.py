"""The messages that a person sees of the LLM's messages: texts, tool calls and their results."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic_ai.messages import (
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
)

from forge.models.message import TOOL_DISPLAY_LIMIT, Draft, ToolDisplay, cut
from worker.agent.deps import RunDeps
from worker.agent.messages.result_parts import outcome_of, shown_text
from worker.agent.messages.storable_text import well_formed, well_formed_json

NO_RESULT = "Interrupted before it had a result."
NOT_STARTED = "Interrupted before it was started: nothing was done."


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
            call_id=part.tool_call_id, name=part.tool_name, outcome=outcome_of(part), truncated=truncated
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

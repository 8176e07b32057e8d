"""A history without anything that a provider may refuse: who said what, and a record of the tool calls as text.

It replaces a history that a provider has refused. The response to it carries a mark, so that later requests send
everything before it in this form at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolReturnPart,
    UserPromptPart,
)

from worker.agent.history.shown_messages import response_text
from worker.agent.messages.storable_text import well_formed
from worker.untrusted_text import fenced

_MARK = "healed"
_RESULT_LIMIT = 4_000
"""Maximum characters of an earlier tool result in the record."""
_RECORD = "(Record of an earlier tool call: it is over, do not repeat it because of this record.)"


def mark(response: ModelResponse) -> None:
    """Record in the stored history that everything before `response` had to be sent as plain text."""
    response.metadata = {**(response.metadata or {}), _MARK: True}


def healed(messages: Sequence[ModelMessage]) -> list[ModelMessage]:
    """Return everything before the last marked response as plain text, and the rest unchanged."""
    marked = [index for index, message in enumerate(messages) if _is_marked(message)]
    if not marked:
        return list(messages)
    return [*plain(messages[: marked[-1]]), *messages[marked[-1] :]]


def plain(messages: Sequence[ModelMessage]) -> list[ModelMessage]:
    """Return every message as text, with alternating requests and responses. The result ends in a request if
    `messages` do.
    """
    flat: list[ModelMessage] = []
    for message in messages:
        if isinstance(message, ModelRequest):
            flat.append(_plain_request(message))
        elif (text := response_text(message)).strip():
            flat.append(ModelResponse(parts=[TextPart(well_formed(text))], timestamp=message.timestamp))
        else:
            continue
    return _in_turns([message for message in flat if message.parts])


def is_plain(messages: Sequence[ModelMessage]) -> bool:
    """Return whether `plain` would change nothing in `messages`."""
    return all(isinstance(part, TextPart | UserPromptPart) for message in messages for part in message.parts)


def _in_turns(messages: Sequence[ModelMessage]) -> list[ModelMessage]:
    """Merge requests that follow one another, because some providers refuse two."""
    turns: list[ModelMessage] = []
    for message in messages:
        before = turns[-1] if turns else None
        if isinstance(message, ModelRequest) and isinstance(before, ModelRequest):
            turns[-1] = replace(message, parts=[*before.parts, *message.parts])
        else:
            turns.append(message)
    return turns


def _is_marked(message: ModelMessage) -> bool:
    return isinstance(message, ModelResponse) and bool((message.metadata or {}).get(_MARK))


def _plain_request(message: ModelRequest) -> ModelRequest:
    texts = [text for part in message.parts if (text := _text(part))]
    return ModelRequest(
        parts=[UserPromptPart(text) for text in texts], timestamp=message.timestamp, run_id=message.run_id
    )


def _text(part: object) -> str:
    if isinstance(part, ToolReturnPart):
        result = well_formed(part.model_response_str(wrap_if_error=False))[:_RESULT_LIMIT]
        return f"{_RECORD}\n{fenced(part.tool_name, result or '(no output)', part.tool_call_id)}"
    if not isinstance(part, UserPromptPart):
        return ""
    if isinstance(part.content, str):
        return well_formed(part.content)
    return "\n".join(well_formed(item) for item in part.content if isinstance(item, str))

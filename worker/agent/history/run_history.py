"""The LLM's history: how it is stored, what a resumed run finds in it, and how an interrupted run leaves it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
    repair_messages,
)
from pydantic_ai.usage import RunUsage

from worker.agent.history.decoded_messages import DecodedMessages
from worker.agent.history.shown_messages import response_text
from worker.agent.llm.answer_end import end_of
from worker.agent.messages.message_codec import dump_message, load_message


def load(
    entries: Sequence[bytes], sizes: list[int] | None = None, decoded: DecodedMessages | None = None
) -> list[ModelMessage]:
    """Decode the history from its first complete turn on, because `entries` of a long history are only the newest.

    A message that another version of the library wrote and this version cannot read is left out and causes no
    failure. Messages that `decoded` keeps must not be changed. Their sizes in bytes are added to `sizes`.
    """
    messages: list[ModelMessage] = []
    found = decoded.of(entries) if decoded else map(load_message, entries)
    for entry, message in zip(entries, found, strict=True):
        if message and (messages or starts_turn(message)):
            messages.append(message)
            if sizes is not None:
                sizes.append(len(entry))
    return messages


def starts_turn(message: ModelMessage) -> bool:
    """Return whether the request is a new prompt, and not the tool results of an earlier response."""
    return isinstance(message, ModelRequest) and all(
        isinstance(part, UserPromptPart) for part in message.parts
    )


def close_calls(messages: Sequence[ModelMessage], explain: str, run_id: str) -> list[ModelMessage]:
    """Close the calls that an attempt which was given up may have left open, because a prompt may only follow closed
    calls.

    Each message gets an id of the run, because the library would mark one without an id as the next attempt's.
    """
    closed: list[ModelMessage] = []
    for index, message in enumerate(messages):
        closed.append(message)
        if isinstance(message, ModelResponse) and message.tool_calls:
            following = next((i for i in range(index + 1, len(messages)) if _is_response(messages[i])), None)
            done = {part.tool_call_id for part in _results(messages[index + 1 : following])}
            missing = [
                ToolReturnPart(call.tool_name, explain, call.tool_call_id, outcome="interrupted")
                for call in message.tool_calls
                if call.tool_call_id not in done
            ]
            closed += [ModelRequest(parts=missing)] if missing else []
    return [
        each if each.run_id else replace(each, run_id=f"{run_id}.closed") for each in repair_messages(closed)
    ]


def _is_response(message: ModelMessage) -> bool:
    return isinstance(message, ModelResponse)


def _results(messages: Sequence[ModelMessage]) -> list[ToolReturnPart]:
    return [part for message in messages for part in message.parts if isinstance(part, ToolReturnPart)]


def dump(messages: Sequence[ModelMessage]) -> list[bytes]:
    """Return one entry for each message, without the instructions, because each request gets the current ones."""
    return [dump_message(_without_instructions(message)) for message in messages]


def own_messages(messages: Sequence[ModelMessage], run_id: str) -> list[ModelMessage]:
    """Return the messages of this run's attempts. The run id of an attempt's messages is its `attempt_id`."""
    return [message for message in messages if (message.run_id or "").startswith(run_id)]


def split_at_run(
    messages: Sequence[ModelMessage], run_id: str
) -> tuple[Sequence[ModelMessage], list[ModelMessage]]:
    """Return what was said before the run, and from the run's first message on its own part."""
    start = next((i for i, each in enumerate(messages) if own_messages([each], run_id)), len(messages))
    return messages[:start], list(messages[start:])


def conversation_id(messages: Sequence[ModelMessage]) -> str | None:
    """Return the id that the library gave to the conversation."""
    return next((each.conversation_id for each in reversed(messages) if each.conversation_id), None)


def has_response(messages: Sequence[ModelMessage]) -> bool:
    return any(map(_is_response, messages))


def goes_on(own: Sequence[ModelMessage]) -> bool:
    """Return whether an earlier attempt left a response whose tool calls may still be made."""
    last = own[-1] if own else None
    is_cut = isinstance(last, ModelResponse) and bool(last.tool_calls) and end_of(last) != "whole"
    return has_response(own) and not is_cut


def run_responses(messages: Sequence[ModelMessage], run_id: str) -> list[ModelResponse]:
    return [message for message in own_messages(messages, run_id) if isinstance(message, ModelResponse)]


def call_key(messages: Sequence[ModelMessage], run_id: str, call_id: str | None) -> str:
    """Return a name for a call of the run's last response within the run, the same in every attempt.

    An LLM may reuse a call id in a later response. The name counts responses, not messages, because the library merges
    neighbouring requests when it loads a history.
    """
    return f"{len(run_responses(messages, run_id)):04d}:{call_id}"


def approval_id(messages: Sequence[ModelMessage], run_id: str, call_id: str | None) -> str:
    """Return the id of the request that such a call makes of the person, the same in every attempt."""
    return hashlib.sha256(f"{run_id}:{call_key(messages, run_id, call_id)}".encode()).hexdigest()[:32]


def attempt_id(run_id: str, attempt: int) -> str:
    """To the library each attempt is a new agent run, and it refuses a run id that its history contains."""
    return f"{run_id}.{attempt}"


def is_answered(own: Sequence[ModelMessage]) -> bool:
    """Return whether the run's last stored message is its final answer."""
    last = own[-1] if own else None
    return isinstance(last, ModelResponse) and not last.tool_calls and bool(response_text(last).strip())


def usage_of(own: Sequence[ModelMessage]) -> RunUsage:
    """Return what the run's earlier attempts have used, so that the run's limits include it."""
    usage = RunUsage()
    for message in own:
        if isinstance(message, ModelResponse):
            usage.incr(message.usage)
            usage.requests += 1
        else:
            usage.tool_calls += sum(
                isinstance(part, ToolReturnPart) and part.outcome == "success" for part in message.parts
            )
    return usage


def settle(
    before: Sequence[ModelMessage],
    unsaved: Sequence[ModelMessage],
    run_id: str,
    explain: Callable[[ToolCallPart], ToolReturnPart],
) -> list[ModelMessage]:
    """Return `unsaved` in a form that may follow the stored messages `before` when a run did not end by itself.

    An unfinished response keeps its text only. Every tool call gets a result; `explain(call)` is the result of a call
    that has none. No assistant message is empty.
    """
    kept = [message for message in map(_finished, unsaved) if message.parts]
    missing = [explain(call) for call in open_calls([*before, *kept], run_id)]
    return [*kept, ModelRequest(parts=missing, state="interrupted")] if missing else kept


def open_calls(messages: Sequence[ModelMessage], run_id: str) -> list[ToolCallPart]:
    """Return the calls of the run's last response that have no result in the history."""
    calls, results = _last_turn(messages, run_id)
    done = {part.tool_call_id for part in results}
    return [call for call in calls if call.tool_call_id not in done]


def open_tools(messages: Sequence[ModelMessage], run_id: str) -> set[str]:
    """Return the tools whose calls have no result in the history; a run that is taken over needs them."""
    return {call.tool_name for call in open_calls(messages, run_id)}


def last_results(messages: Sequence[ModelMessage], run_id: str) -> list[ToolReturnPart]:
    """Return the results of the run's last tool calls."""
    return _last_turn(messages, run_id)[1]


def _last_turn(
    messages: Sequence[ModelMessage], run_id: str
) -> tuple[list[ToolCallPart], list[ToolReturnPart]]:
    """Return the tool calls of the run's last response and the results that follow it."""
    results: list[ToolReturnPart] = []
    for message in reversed(messages):
        if isinstance(message, ModelResponse):
            return (list(message.tool_calls), results) if own_messages([message], run_id) else ([], [])
        results[:0] = [part for part in message.parts if isinstance(part, ToolReturnPart)]
    return [], []


def user_prompt(text: str, run_id: str) -> ModelRequest:
    return ModelRequest(parts=[UserPromptPart(text)], run_id=run_id)


def _finished(message: ModelMessage) -> ModelMessage:
    if isinstance(message, ModelRequest) or message.state == "complete":
        return message
    texts = [part for part in message.parts if isinstance(part, TextPart) and part.content.strip()]
    return replace(message, parts=texts)


def _without_instructions(message: ModelMessage) -> ModelMessage:
    return replace(message, instructions=None) if isinstance(message, ModelRequest) else message

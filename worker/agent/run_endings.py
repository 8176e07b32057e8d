"""The end of a run: its answer, its paused calls, or what it had when it was interrupted."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic_ai import AgentRunResult, DeferredToolRequests
from pydantic_ai.messages import ModelMessage, ModelRequest, ToolCallPart, ToolReturnPart

from forge.models.message import AnswerEnd, Draft, RunEnd
from forge.models.run import Ending
from forge.models.work import CallRecord
from worker.agent import permission_answers
from worker.agent.deps import RunDeps
from worker.agent.history import run_history as history
from worker.agent.history.response_acceptance import UnfinishedAnswer
from worker.agent.history.shown_messages import (
    NO_RESULT,
    NOT_STARTED,
    response_text,
    result_draft,
    text_draft,
)
from worker.agent.history.token_usage import tokens_used
from worker.agent.messages.result_parts import error_part, paused_part, record_of, recorded_part
from worker.agent.wallet import asked_text, waiting_text
from worker.tool_outcomes import lost

ANSWER_ENDS: dict[AnswerEnd, str] = {
    "cut_off": "The LLM's answer was cut off before its end.",
    "filtered": "The LLM provider's content filter stopped the answer.",
    "refused": "The LLM declined to answer.",
    "failed": "The LLM provider broke the answer off with an error, so it is not complete.",
    "empty": "The LLM gave an empty answer. Please send the message again.",
}
WRITTEN_CALL = (
    "The LLM wrote a tool call as text, so no tool was called. Whoever operates this server must set up the LLM's "
    "server to read its tool calls, or choose another LLM."
)
NO_CALLS = {False: "", True: " It had asked for tools; none of them was called."}
HEALED = (
    "The LLM provider refused the record of this conversation. It was sent again as plain text and accepted; the LLM "
    "may know fewer details of earlier tool calls."
)
UNREADABLE = (
    "A part of what the LLM remembers of this conversation could not be read and was left out. The messages shown here "
    "are not affected."
)


def complete_run(deps: RunDeps, result: AgentRunResult[str | DeferredToolRequests]) -> Ending:
    unsaved = deps.unsaved(result.all_messages())
    if isinstance(result.output, DeferredToolRequests):
        return _waiting(deps, unsaved, result.output)
    texts = [response_text(message) for message in unsaved if message.kind == "response"]
    drafts = [text_draft(deps, text) for text in texts if text.strip()]
    return Ending(
        outcome="completed",
        drafts=[*drafts, *how_it_ended(deps), *about_history(deps)],
        entries=history.dump(unsaved),
        tokens=tokens_used(unsaved) + deps.tokens_of_nothing,
    )


def _waiting(deps: RunDeps, unsaved: list[ModelMessage], requests: DeferredToolRequests) -> Ending:
    """Give the paused calls a result that says that they wait, so that the history is complete whatever follows."""
    texts = {each.call_id: (waiting_text(each), asked_text(each)) for each in deps.asked}
    texts |= {
        each.call_id: (permission_answers.waiting_text(each), permission_answers.asked_text(each))
        for each in deps.asking
    }
    results = [paused_part(call, *texts[call.tool_call_id]) for call in requests.calls]
    paused = ModelRequest(parts=results, run_id=deps.attempt_id)
    return Ending(
        outcome="waiting",
        drafts=[result_draft(deps, part) for part in results],
        entries=history.dump([*unsaved, paused]),
        approvals=list({each.call_id: each for each in deps.asked}.values()),
        asks=list({each.call_id: each for each in deps.asking}.values()),
        tokens=tokens_used(unsaved) + deps.tokens_of_nothing,
    )


def end_unfinished(deps: RunDeps, messages: Sequence[ModelMessage], answer: UnfinishedAnswer) -> Ending:
    """Store an answer that did not end normally: its text is kept, its tool calls were not made."""
    end, response = answer.end, answer.response
    notice = ANSWER_ENDS[end] + NO_CALLS[bool(answer.dropped)]
    return _end_with_notice(deps, [*messages, response], "failed", notice, end)


def how_it_ended(deps: RunDeps) -> list[Draft]:
    """Return the notice about an answer that is complete enough to be kept although it did not end normally, or is
    no answer.
    """
    ends = [deps.notice(ANSWER_ENDS[end], answer_end=end)] if (end := deps.answer_end) else []
    return [*ends, *([deps.notice(WRITTEN_CALL)] if deps.has_written_call else [])]


def about_history(deps: RunDeps) -> list[Draft]:
    """Return notices about changes to the history. Each is given once, because the stored history records it."""
    notices = [HEALED] if deps.healing == "done" else []
    return [deps.notice(notice) for notice in [*notices, *([UNREADABLE] if deps.unreadable else [])]]


async def end_early(deps: RunDeps, messages: Sequence[ModelMessage], outcome: RunEnd, notice: str) -> Ending:
    """Keep what the run had, once the journal has said how the calls without a result have ended."""
    known = [*deps.all_of(messages), *([deps.partial] if deps.partial else [])]
    for call in history.open_calls(known, deps.run_id):
        key = history.call_key(known, deps.run_id, call.tool_call_id)
        if record := await deps.record.call_record(key):
            deps.recorded[call.tool_call_id] = record
    return _end_with_notice(deps, known, outcome, notice)


def _end_with_notice(
    deps: RunDeps,
    messages: Sequence[ModelMessage],
    outcome: RunEnd,
    notice: str,
    answer_end: AnswerEnd | None = None,
) -> Ending:
    """Keep what was shown, store a result for each tool call that has none, and add the notice."""
    before, unsaved = deps.split_saved(messages)
    settled = history.settle(before, unsaved, deps.run_id, lambda call: _explain(deps, call))
    results = history.last_results([*before, *settled], deps.run_id)
    drafts: list[Draft] = [text_draft(deps, deps.record.text)] if deps.record.text.strip() else []
    drafts += [result_draft(deps, part) for part in results if part.tool_call_id not in deps.shown]
    return Ending(
        outcome=outcome,
        drafts=[
            *drafts,
            *about_history(deps),
            deps.notice(notice, run_end=outcome, answer_end=answer_end),
        ],
        entries=history.dump(settled),
        tokens=tokens_used(unsaved) + deps.tokens_of_nothing,
    )


def _explain(deps: RunDeps, call: ToolCallPart) -> ToolReturnPart:
    """A call that this attempt did not start may still have been started by an earlier attempt."""
    if known := deps.recorded.get(call.tool_call_id):
        return recorded_part(call, known)
    repeatable = deps.started.get(call.tool_call_id)
    if repeatable is None and deps.attempt_is_first:
        record = CallRecord("refused", NOT_STARTED)
    elif repeatable:
        record = CallRecord("failed", NO_RESULT)
    else:
        record = record_of(lost(deps.facts.get(call.tool_call_id, ())))
    return error_part(call.tool_name, call.tool_call_id, record, "interrupted")

"""What is accepted of an LLM's response: its normal form, and no tool call if the response did not end normally."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart

from forge.errors import ForgeError
from forge.models.message import AnswerEnd
from worker.agent.deps import RunDeps
from worker.agent.history import plain_text_history
from worker.agent.history.provider_neutral_turn import normal_response
from worker.agent.llm.answer_end import end_of, lacks_finish, says_something
from worker.agent.llm.calls_written_as_text import is_written_call
from worker.agent.messages import message_codec as stored

EMPTY_ANSWERS = 2
"""Maximum empty answers in a row. The LLM is asked once more, because most LLMs that returned only thoughts answer
then.
"""


class UnfinishedAnswer(ForgeError):
    """The LLM's answer did not end normally."""

    def __init__(self, end: AnswerEnd, response: ModelResponse, dropped: int) -> None:
        super().__init__()
        self.end: AnswerEnd = end
        self.response, self.dropped = response, dropped


def accept(
    deps: RunDeps, response: ModelResponse, earlier: Sequence[ModelMessage], offered: Collection[str]
) -> None:
    """Change `response` to what may be stored and acted on. Raises `UnfinishedAnswer` if nothing of it may be.

    A text that ended at a limit or by a filter is an answer, and the person is told how it ended. An answer that
    broke off or that asked for tools is not accepted.
    """
    end = end_of(response)
    normal_response(response, earlier, offered)
    _mark(deps, response)
    calls = len(response.tool_calls)
    is_said = any(map(says_something, response.parts))
    deps.has_written_call = not calls and is_written_call(response.text or "", offered)
    if end == "whole":
        _whole(deps, response, is_empty=not (calls or is_said))
        return
    response.parts = [part for part in response.parts if not isinstance(part, ToolCallPart)]
    _count_nothing(deps, response)
    if calls or not is_said or end == "failed" or lacks_finish(response):
        raise UnfinishedAnswer(end, response, calls)
    deps.answer_end = end


def _whole(deps: RunDeps, response: ModelResponse, *, is_empty: bool) -> None:
    deps.empty_answers = deps.empty_answers + 1 if is_empty else 0
    _count_nothing(deps, response)
    if deps.empty_answers >= EMPTY_ANSWERS:
        raise UnfinishedAnswer("empty", response, 0)


def _count_nothing(deps: RunDeps, response: ModelResponse) -> None:
    if not response.parts:
        deps.tokens_of_nothing += response.usage.total_tokens


def _mark(deps: RunDeps, response: ModelResponse) -> None:
    if deps.healing != "not needed":
        plain_text_history.mark(response)
        deps.healing = "done"
    if deps.unreadable:
        stored.mark_told(response, deps.unreadable)

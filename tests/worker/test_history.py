"""The LLM's history: well formed whatever ended a run, and shortened only in what the LLM gets."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    ThinkingPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

from worker.agent.history import run_history as history
from worker.agent.history.history_window import window

RUN = "a" * 32


def prompt(text: str) -> ModelRequest:
    return ModelRequest(parts=[UserPromptPart(text)], run_id=f"{RUN}.1")


def response(*parts: Any, state: Any = "complete") -> ModelResponse:
    return ModelResponse(parts=list(parts), run_id=f"{RUN}.1", state=state, model_name="m")


def why(call: ToolCallPart) -> ToolReturnPart:
    return ToolReturnPart(call.tool_name, f"no result of {call.tool_call_id}", call.tool_call_id)


def test_messages_survive_being_stored() -> None:
    messages: list[ModelMessage] = [
        prompt("hi"),
        response(TextPart("hello"), ToolCallPart("t", {"a": 1}, "c1")),
    ]
    assert history.load(history.dump(messages)) == messages


def test_an_entry_that_cannot_be_read_is_left_out() -> None:
    asked = prompt("hi")
    assert history.load([b'{"kind":"novel"}', b"{}", *history.dump([asked])]) == [asked]


def test_an_unfinished_response_keeps_its_text_only() -> None:
    unsaved = [
        prompt("hi"),
        response(
            ThinkingPart("hm"), TextPart("I was"), ToolCallPart("t", '{"a":', "c1"), state="interrupted"
        ),
    ]
    settled = history.settle([], unsaved, RUN, why)
    assert [[part.part_kind for part in message.parts] for message in settled] == [["user-prompt"], ["text"]]


def test_an_unfinished_response_without_text_disappears() -> None:
    unsaved = [prompt("hi"), response(ThinkingPart("hm"), state="interrupted")]
    assert history.settle([], unsaved, RUN, why) == unsaved[:1]


def test_every_tool_call_gets_a_result_and_known_ones_keep_theirs() -> None:
    before = [prompt("hi"), response(ToolCallPart("t", {}, "c1"), ToolCallPart("t", {}, "c2"))]
    partial = ModelRequest(parts=[ToolReturnPart("t", "done", "c1")], state="interrupted", run_id=f"{RUN}.1")
    settled = history.settle(before, [partial], RUN, why)
    assert [(part.tool_call_id, part.content) for part in history.last_results([*before, *settled], RUN)] == [
        ("c1", "done"),
        ("c2", "no result of c2"),
    ]


def test_calls_of_an_earlier_run_are_not_answered_again() -> None:
    old = response(ToolCallPart("t", {}, "c1"))
    old.run_id = "another.1"
    asked = prompt("hi")
    assert history.settle([old], [asked], RUN, why) == [asked]
    assert history.last_results([old, ModelRequest(parts=[ToolReturnPart("t", "x", "c1")])], RUN) == []


def test_open_calls_of_a_run_that_was_given_up_are_closed_for_the_next_prompt() -> None:
    closed = history.close_calls(
        [prompt("pay"), response(ToolCallPart("t", {}, "c1")), prompt("hello?")], "unknown", RUN
    )
    kinds = [[part.part_kind for part in message.parts] for message in closed]
    assert kinds == [["user-prompt"], ["tool-call"], ["tool-return", "user-prompt"]]


def test_usage_of_earlier_attempts_goes_on_counting() -> None:
    own = [
        prompt("hi"),
        response(ToolCallPart("t", {}, "c1")),
        ModelRequest(parts=[ToolReturnPart("t", "x", "c1")], run_id=f"{RUN}.1"),
        response(TextPart("done")),
    ]
    usage = history.usage_of(history.own_messages([*own], RUN))
    assert (usage.requests, usage.tool_calls) == (2, 1)


def test_a_stored_message_has_the_size_of_its_entry_and_another_is_measured_once() -> None:
    sizes: list[int] = []
    entries = history.dump([prompt("hi"), response(TextPart("fine"))])
    loaded = history.load([b"of another version", *entries], sizes)
    assert sizes == [len(entry) for entry in entries]
    long = prompt("x" * 500)
    window([*loaded, long], sizes, tokens=1_000)
    measured = sizes[2]
    assert measured > 500
    long.parts = []
    window([*loaded, long], sizes, tokens=1_000)
    assert sizes[2:] == [measured]


def turn(number: int) -> list[ModelMessage]:
    call = f"c{number}"
    return [
        prompt(f"turn {number}"),
        response(ToolCallPart("look", {"x": 1}, call)),
        ModelRequest(parts=[ToolReturnPart("look", "r" * 200, call)], run_id=f"{RUN}.1"),
        response(TextPart("ok" * 50)),
    ]


def test_the_window_trims_whole_turns() -> None:
    turns = [message for number in range(12) for message in turn(number)]
    left = window(turns, [], tokens=1_000)
    assert 4 <= len(left) < 32
    assert left == turns[-len(left) :]
    assert left[0] in turns[::4]


def test_the_window_begins_in_the_same_place_for_several_requests() -> None:
    """A provider's prompt cache holds a beginning; one that moved with each turn would be paid in full each time."""
    turns = [message for number in range(120) for message in turn(number)]
    sizes: list[int] = []
    begun = [window(turns[:length], sizes, tokens=10_000)[0] for length in range(160, len(turns), 4)]
    moves = sum(before is not after for before, after in pairwise(begun))
    assert 1 <= moves <= len(begun) // 4


def test_an_empty_answer_is_never_sent_to_the_llm_again() -> None:
    asked, following = prompt("hi"), prompt("next")
    assert window([asked, response(TextPart(" ")), following], [], tokens=1_000) == [asked, following]

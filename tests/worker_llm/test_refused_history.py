"""A history that a provider refuses, or that cannot be read, is healed once, and the person is told."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
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

from forge.models.work import CallRecord
from tests.properties import examples
from tests.unlisted import tried
from tests.worker_llm import wires
from tests.worker_llm.conversation import Conversation, Stage, conversation, stage
from tests.worker_llm.provider_server import error
from worker.agent.history.plain_text_history import is_plain
from worker.agent.history.provider_neutral_history import normal_history
from worker.agent.history.run_history import dump
from worker.agent.run_endings import HEALED, UNREADABLE

ALICE = '{"who": "Alice"}'
REFUSED = error(
    400, {"error": {"message": "Gnarl: messages.3 is not acceptable", "type": "invalid_request_error"}}
)


async def with_a_call(talk: Conversation) -> None:
    await talk.say("chat", wires.calls("chat", ("a", "balance", ALICE)), wires.text("chat", "Five."))


@pytest.mark.slow
@pytest.mark.parametrize("wire", wires.WIRES)
async def test_a_refused_history_is_sent_as_text_and_the_person_is_told_once(wire: str) -> None:
    async with conversation() as talk:
        await with_a_call(talk)
        await talk.say(wire, REFUSED, wires.text(wire, "Healed."))
        assert (talk.answer, [notice.content for notice in talk.notices]) == ("Healed.", [HEALED])
        assert "balance" in json.dumps(
            talk.prompts()[-1]["messages" if "messages" in talk.prompts()[-1] else "input"]
        )
        await talk.say(wire, wires.text(wire, "Still here."))
        assert (talk.answer, talk.notices, talk.refusals) == ("Still here.", [], [])


async def test_a_healed_run_goes_on_with_its_tools() -> None:
    async with conversation() as talk:
        await with_a_call(talk)
        calls = wires.calls("chat", ("b", "balance", '{"who": "Bob"}'))
        await talk.say("chat", REFUSED, calls, wires.text("chat", "Five too."))
        assert (talk.answer, talk.bank.calls[-1][1]["who"], talk.refusals) == ("Five too.", "Bob", [])


@pytest.mark.slow
async def test_what_is_refused_as_text_too_fails_and_is_not_sent_a_third_time() -> None:
    async with conversation() as talk:
        await with_a_call(talk)
        before = len(talk.server.requests)
        ended = await talk.say("chat", REFUSED, REFUSED)
        assert (ended.ending.outcome, len(talk.server.requests) - before) == ("failed", 2)
        assert "finds its reason in the log" in talk.notices[-1].content


async def test_an_operators_fault_is_not_taken_for_a_refused_history() -> None:
    async with conversation() as talk:
        await with_a_call(talk)
        before = len(talk.server.requests)
        await talk.say("chat", error(400, {"error": "m does not support tools"}))
        assert len(talk.server.requests) - before == 1


@pytest.mark.slow
@pytest.mark.parametrize("lost", [0, 1, 2, 3])
async def test_an_entry_that_cannot_be_read_is_left_out_and_told_once(lost: int) -> None:
    async with conversation() as talk:
        await with_a_call(talk)
        talk.entries[lost] = b'{"kind": "of a later version"}'
        for wire in wires.WIRES:
            await talk.say(wire, wires.text(wire, "Here."))
            told = [notice.content for notice in talk.notices]
            assert (talk.answer, told) == ("Here.", [UNREADABLE] if wire == wires.WIRES[0] else [])
        assert talk.refusals == []


IDS = st.sampled_from(["a", "b", "", "functions.x:0", "x" * 70, "ü"])
NAMES = st.sampled_from(["balance", "send", "", " balance", "functions.balance", "y" * 90, "ü", "gone_tool"])
ARGUMENTS = st.sampled_from(["", "{}", ALICE, "{", "[]", "null", '{"a": NaN}', '"{}"']) | st.none()
CALLS = st.builds(ToolCallPart, NAMES, ARGUMENTS, IDS)
RESPONSES = st.builds(
    ModelResponse,
    parts=st.lists(
        CALLS
        | st.builds(TextPart, st.sampled_from(["", " ", "\n", "Five."]))
        | st.builds(ThinkingPart, st.just("")),
        max_size=4,
    ),
    run_id=st.just("old"),
    finish_reason=st.sampled_from(["stop", "tool_call", "length", None]),
)
RESULTS = st.builds(ToolReturnPart, NAMES, st.sampled_from(["", " ", "5", {"wei": 5}]), IDS)
PROMPTS = st.builds(UserPromptPart, st.sampled_from(["hello", "", " "]))
REQUESTS = st.builds(
    ModelRequest, parts=st.lists(RESULTS | PROMPTS, min_size=1, max_size=4), run_id=st.just("old")
)
HISTORIES = st.lists(RESPONSES | REQUESTS, max_size=8)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_stage() -> AsyncIterator[Stage]:
    async with stage(*wires.WIRES) as made:
        yield made


@pytest.mark.slow
@pytest.mark.asyncio(loop_scope="module")
@examples(60)
@given(messages=HISTORIES, wire=st.sampled_from(wires.WIRES), damaged=st.none() | st.integers(0, 7))
async def test_whatever_was_stored_before_is_accepted(
    shared_stage: Stage, messages: list[ModelMessage], wire: str, damaged: int | None
) -> None:
    tried("stored histories of earlier versions", (dump(messages), wire, damaged))
    talk = shared_stage.conversation()
    talk.entries = dump(messages)
    if damaged is not None and damaged < len(talk.entries):
        talk.entries[damaged] = b"{"
    await talk.say(wire, wires.text(wire, "Here."), wires.text(wire, "Here."))
    assert talk.refusals == []
    assert talk.answer == "Here."
    assert talk.bank.calls == []


@examples(200)
@given(messages=HISTORIES)
def test_the_normal_form_of_a_normal_history_is_itself(messages: list[Any]) -> None:
    normal = normal_history(messages)
    again = normal_history(normal)
    assert len(again) == len(normal)
    assert all(one is other for one, other in zip(again, normal, strict=True))


@pytest.mark.parametrize("wire", wires.WIRES)
@pytest.mark.parametrize("call_id", ["functions.send:0", "x" * 64])
async def test_a_run_that_an_earlier_version_began_is_taken_over_without_a_second_payment(
    wire: str, call_id: str
) -> None:
    run_id = f"{1:032d}"
    arguments = '{"to": "Bob", "from": "Alice", "value": "1"}'
    stored = [
        ModelRequest(parts=[UserPromptPart("send")], run_id=f"{run_id}.1"),
        ModelResponse(
            parts=[ToolCallPart("send", arguments, call_id), ToolCallPart("balance", ALICE, "b")],
            run_id=f"{run_id}.1",
            finish_reason="tool_call",
        ),
    ]
    async with conversation() as talk:
        talk.entries = dump(stored)
        talk.server.replies = [wires.text(wire, "Sent.")]
        sent = CallRecord("ok", '{"hash": "0x1", "status": "success"}')
        async with wires.llm(wire, talk.server) as llm:
            await talk.ask(llm, "send", attempt=2, calls={f"0001:{call_id}": sent})
        assert (talk.answer, talk.refusals, talk.bank.names()) == ("Sent.", [], ["balance"])


async def test_calls_of_a_cut_answer_that_an_earlier_version_stored_are_not_made() -> None:
    run_id = f"{1:032d}"
    arguments = '{"to": "Bob", "from": "Alice", "value": "1"}'
    stored = [
        ModelRequest(parts=[UserPromptPart("send")], run_id=f"{run_id}.1"),
        ModelResponse(
            parts=[ToolCallPart("send", arguments, "a")],
            run_id=f"{run_id}.1",
            provider_name="openai-compatible",
            finish_reason="length",
        ),
    ]
    async with conversation() as talk:
        talk.entries = dump(stored)
        talk.server.replies = [wires.text("chat", "It was cut off.")]
        async with wires.llm("chat", talk.server) as llm:
            await talk.ask(llm, "send", attempt=2)
        assert (talk.answer, talk.refusals, talk.bank.calls) == ("It was cut off.", [], [])


def test_a_plain_history_has_nothing_to_heal() -> None:
    assert is_plain([ModelRequest(parts=[UserPromptPart("hi")]), ModelResponse(parts=[TextPart("hello")])])

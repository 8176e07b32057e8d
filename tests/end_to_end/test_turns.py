"""How a session handles messages, stops, tool errors and repetitions, in cases where the old program lost or mixed
them.
"""

from __future__ import annotations

import asyncio

from tests.end_to_end.conversing import Web, contents, new_id, plan, say, tokens, tokens_text
from tests.end_to_end.marks import END_TO_END

pytestmark = END_TO_END


async def test_an_answers_is_streaming_ends_with_the_answer(web: Web) -> None:
    session_id = new_id()
    await web.chat(tokens(40, per_second=40), session_id)
    async with web.stream(session_id) as stream:
        streaming = await stream.until(lambda state: state["messages"][-1]["is_streaming"])
        ended = await stream.until(lambda state: not state["is_processing"])
    assert tokens_text(40).startswith(streaming["messages"][-1]["content"])
    assert [message["is_streaming"] for message in ended["messages"]] == [False, False]
    assert contents(ended, "agent") == [tokens_text(40)]


async def test_an_interrupted_answer_keeps_its_text_and_streams_no_more(web: Web) -> None:
    session_id = new_id()
    await web.chat(tokens(2000, per_second=50), session_id)
    async with web.stream(session_id) as stream:
        await stream.until(lambda state: state["messages"][-1]["is_streaming"])
        await web.interrupt(session_id)
        ended = await stream.until(lambda state: not state["is_processing"])
    _, partial, notice = ended["messages"]
    assert partial["content"]
    assert tokens_text(2000).startswith(partial["content"])
    assert not partial["is_streaming"]
    assert (notice["sender"], notice["content"]) == ("system", "Interrupted by user")


async def test_an_interrupt_does_not_stop_the_next_answer(web: Web) -> None:
    session_id = new_id()
    await web.chat(tokens(2000, per_second=50), session_id)
    async with web.stream(session_id) as stream:
        await stream.until(lambda state: state["active_run"])
        await web.interrupt(session_id)
        await web.chat(say("whole"), session_id)
        await web.interrupt(new_id())
        ended = await stream.until(lambda state: not state["is_processing"])
    assert contents(ended, "agent")[-1] == "whole"


async def test_a_busy_session_never_drops_a_message(web: Web) -> None:
    session_id = new_id()
    await web.chat(tokens(20, per_second=20), session_id)
    sent = [say(f"answer {number}") for number in range(6)]
    for message in sent:
        state = await web.chat(message, session_id)
        assert message in contents(state, "user")
    state = await web.ended(session_id)
    assert contents(state, "user")[1:] == sent
    assert contents(state, "agent") == [tokens_text(20), *(f"answer {number}" for number in range(6))]


async def test_messages_sent_at_once_are_all_answered(web: Web) -> None:
    session_id = new_id()
    sent = [say(f"answer {number}") for number in range(8)]
    await asyncio.gather(*(web.chat(message, session_id) for message in sent))
    state = await web.ended(session_id)
    assert sorted(contents(state, "user")) == sorted(sent)
    assert sorted(contents(state, "agent")) == sorted(f"answer {number}" for number in range(8))


async def test_identical_messages_and_tool_calls_are_all_kept(web: Web) -> None:
    session_id = new_id()
    prompt = plan(*[{"call": {"name": "balance", "arguments": {"who": "Ivan"}}}] * 3, {"say": "same"})
    for _ in range(2):
        await web.answered(prompt, session_id)
    state = await web.state(session_id)
    assert contents(state, "user") == [prompt] * 2
    assert contents(state, "agent") == ["same"] * 2
    assert contents(state).count('tool: balance | args: {"who":"Ivan"}') == 6
    results = [message for message in state["messages"] if message["kind"] == "tool_result"]
    assert len(results) == 6


async def test_a_tool_error_does_not_end_the_run(web: Web) -> None:
    steps = [
        {"call": {"name": "balance", "arguments": {"who": "Nobody at all"}}},
        {"call": {"name": "no_such_tool", "arguments": {}}},
        {"call": {"name": "balance", "arguments": {"wrong": 1}}},
        {"say": "I went on."},
    ]
    state = await web.answered(plan(*steps), new_id())
    outcomes = [
        message["tool"]["outcome"] for message in state["messages"] if message["kind"] == "tool_result"
    ]
    assert outcomes == ["refused"] * 3  # nothing was done: each call was looked at and not made
    assert contents(state, "agent") == ["I went on."]
    assert not state["is_processing"]


async def test_a_failed_run_says_so_and_leaves_a_usable_session(web: Web) -> None:
    session_id = new_id()
    state = await web.answered(plan({"fail": 401}), session_id)
    assert state["messages"][-1]["sender"] == "system"
    assert state["messages"][-1]["kind"] == "notice"
    state = await web.answered(say("still here"), session_id)
    assert contents(state, "agent") == ["still here"]


async def test_text_cut_for_display_is_cut_on_a_character(web: Web) -> None:
    call = {
        "name": "encode_function_call",
        "arguments": {"signature": "f(string)", "arguments": ["é" * 7000]},
    }
    state = await web.answered(plan({"call": call}, {"say": "done"}), new_id())
    called, result = (message for message in state["messages"] if message["tool"])
    beginning, _, cut = called["content"].partition('"arguments":["')
    assert beginning.startswith("tool: encode_function_call | args: {")
    assert set(cut) == {"é"}
    assert 4000 < len(cut) <= 4096
    assert len(result["content"]) == 4096
    assert called["tool"]["truncated"]
    assert result["tool"]["truncated"]
    assert contents(state, "agent") == ["done"]

"""From a queued message to what its clients see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic_ai.models.function import DeltaToolCall

from forge.models.frame import FRAME_BYTES_LIMIT
from forge.models.session import OPENING_MILLISECONDS
from forge.models.session_key import ANONYMOUS, SessionKey
from forge_client.frames import StateFrame, TextFrame
from tests.patience import PATIENCE_SECONDS
from tests.worker.gateway import Page
from tests.worker.scripted_llm import Script
from tests.worker.stage import LIMITS, Stage, playing, saying
from worker.agent.llm.stream_text import TELLINGS
from worker.push.frame_pace import PACES


@pytest.mark.slow
async def test_an_answer_is_streamed_logged_and_finished(stage: Stage) -> None:
    stage.llm = saying("Hello", " dear", " user.")
    page = await stage.open_page()
    stage.start()
    run_id = await stage.say("hi")
    seen = await page.ended(run_id)
    assert [(m.sender, m.content, m.is_streaming) for m in seen.messages] == [
        ("user", "hi", False),
        ("agent", "Hello dear user.", False),
    ]
    assert seen.hot is not None
    assert not seen.hot.is_processing
    assert await stage.log() == [("user", "hi"), ("agent", "Hello dear user.")]


@pytest.mark.slow
async def test_the_first_frame_shows_the_input_and_the_run_before_any_text(stage: Stage) -> None:
    may_speak = asyncio.Event()

    async def script(_messages: Any, _info: Any) -> AsyncIterator[str]:
        await may_speak.wait()
        yield "done"

    stage.llm = playing(script)
    page = await stage.open_page()
    stage.start()
    run_id = await stage.say("hi")
    seen = await page.says("hi")
    assert seen.hot is not None
    assert seen.hot.active_run is not None
    assert (seen.hot.active_run.run_id, seen.hot.active_run.seq) == (run_id, 1)
    may_speak.set()
    await page.ended(run_id)


@pytest.mark.slow
async def test_text_frames_alone_add_up_to_the_exact_answer(stage: Stage) -> None:
    words = [f"t{number:04d} " for number in range(300)]
    page = await stage.open_page()

    async def script(_messages: Any, _info: Any) -> AsyncIterator[str]:
        for number, word in enumerate(words):
            yield word
            await (page.says(word) if number % 50 == 49 else asyncio.sleep(0))

    stage.llm = playing(script)
    stage.start()
    loop = asyncio.get_running_loop()
    asked_at = loop.time()
    run_id = await stage.say("count")
    seen = await page.ended(run_id)
    text = ""
    for frame in page.frames:
        if isinstance(frame, TextFrame):
            assert frame.offset == len(text)
            text += frame.text
    answer = "".join(words)
    assert answer.startswith(text)
    assert len(text) > len(answer) / 2
    assert seen.messages[-1].content == answer
    frames = len([frame for frame in page.frames if isinstance(frame, TextFrame)])
    assert 3 < frames <= (loop.time() - asked_at) / PACES["smooth"].shortest + 2


@pytest.mark.slow
async def test_an_answer_longer_than_a_frame_arrives_whole(stage: Stage) -> None:
    answer = "é🙂\n" * 40_000
    stage.llm = saying(answer[:70_000], answer[70_000:])
    page = await stage.open_page()
    stage.start()
    run_id = await stage.say("long")
    seen = await page.until(lambda known: known.whole == 2)
    assert run_id
    assert seen.messages[-1].content == answer
    assert max(page.sizes) <= FRAME_BYTES_LIMIT


@pytest.mark.slow
async def test_every_tab_of_a_session_sees_the_run_and_no_other_session_does(stage: Stage) -> None:
    stage.llm = saying("only for you")
    first, second = await stage.open_page("tab1="), await stage.open_page("tab2=")
    other = await stage.open_page("other=", key=SessionKey(ANONYMOUS, "s2"))
    stage.start()
    run_id = await stage.say("hi")
    for page in (first, second):
        assert (await page.ended(run_id)).messages[-1].content == "only for you"
    assert other.frames == []


@pytest.mark.slow
async def test_a_tab_that_opens_in_the_middle_gets_the_text_so_far(stage: Stage) -> None:
    may_end = asyncio.Event()

    async def script(_messages: Any, _info: Any) -> AsyncIterator[str]:
        yield "the beginning, "
        await may_end.wait()
        yield "the end"

    stage.llm = playing(script)
    early = await stage.open_page("early=")
    stage.start()
    run_id = await stage.say("hi")
    await early.says("the beginning, ")
    late = await stage.open_page("late=")
    seen = await late.says("the beginning, ")
    assert [message.content for message in seen.messages] == ["hi", "the beginning, "]
    may_end.set()
    assert (await late.ended(run_id)).messages[-1].content == "the beginning, the end"


async def test_a_tab_that_opens_just_before_the_end_sees_the_end(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the tab was told when it opened was a run that goes on."""
    monkeypatch.setattr("worker.runs.control_poll.CONTROL_POLL_SECONDS", 2 * PATIENCE_SECONDS)
    opened: asyncio.Future[Page] = asyncio.get_running_loop().create_future()

    async def script(_messages: Any, _info: Any) -> AsyncIterator[str]:
        opened.set_result(await stage.open_page())
        yield "done"

    stage.llm = playing(script)
    stage.start()
    run_id = await stage.say("hi")
    seen = await (await opened).ended(run_id)
    assert [message.content for message in seen.messages] == ["hi", "done"]


@pytest.mark.slow
async def test_a_slow_connection_gets_a_catch_up_instead_of_a_backlog(stage: Stage) -> None:
    async def script(_messages: Any, _info: Any) -> AsyncIterator[str]:
        for number in range(200):
            yield f"{number} "
            await asyncio.sleep(0.003)

    stage.llm = playing(script)
    slow, fast = await stage.open_page("slow="), await stage.open_page("fast=")
    slow.gate.clear()
    stage.start()
    run_id = await stage.say("count")
    await fast.ended(run_id)
    slow.gate.set()
    seen = await slow.ended(run_id)
    assert seen.messages == fast.conversation.messages
    assert len(slow.frames) <= 3


async def test_a_connection_that_is_gone_is_forgotten_and_nothing_else(stage: Stage) -> None:
    gone, here = await stage.open_page("gone="), await stage.open_page("here=")
    gone.is_gone = True
    stage.clock.ahead += OPENING_MILLISECONDS
    stage.start()
    run_id = await stage.say("hi")
    assert (await here.ended(run_id)).messages[-1].content == "hello"
    await stage.stop()
    assert (await stage.control()).connections == {"here="}


async def test_a_connection_that_is_still_opening_follows_from_the_beginning(stage: Stage) -> None:
    """Its `$connect` has listed it; until the handshake ends, `@connections` answers 410."""
    may_end = asyncio.Event()

    async def script(_messages: Any, _info: Any) -> AsyncIterator[str]:
        yield "first "
        await may_end.wait()
        yield "last"

    stage.llm = playing(script)
    here, opening = await stage.open_page("here="), await stage.open_page("opening=")
    opening.is_gone = True
    stage.start()
    run_id = await stage.say("hi")
    await here.says("first")
    async with asyncio.timeout(PATIENCE_SECONDS), opening.changed:
        await opening.changed.wait_for(lambda: opening.refused_as_gone > 0)
    opening.is_gone = False
    await opening.says("first")
    may_end.set()
    assert (await opening.ended(run_id)).messages == (await here.ended(run_id)).messages


async def test_throttled_posts_are_repeated_in_order(stage: Stage) -> None:
    page = await stage.open_page()
    page.refusals = 2
    stage.start()
    run_id = await stage.say("hi")
    await page.ended(run_id)
    assert isinstance(page.frames[0], StateFrame)


async def test_an_answer_with_far_more_tool_calls_than_a_message_may_have_is_not_read_to_its_end(
    stage: Stage,
) -> None:
    """Thousands of them kept the event loop for so long that the worker lost the leases of all runs."""
    calls = {number: DeltaToolCall("balance", "{}", tool_call_id=f"c{number}") for number in range(500)}
    stage.llm = Script([calls]).llm()
    page = await stage.open_page()
    stage.start()
    await page.ended(await stage.say("everything"))
    log = await stage.log()
    assert "limit for one message (tool calls)" in log[-1][1]
    assert len(log) < 2 * TELLINGS * (LIMITS.tool_calls + 2)

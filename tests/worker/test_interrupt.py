"""Stopping a run from outside, in each of its phases."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from forge.errors import StorageUnavailable
from forge.models.run import Outcome
from tests.worker.scripted_llm import Script, call, prompts, results
from tests.worker.stage import KEY, Stage
from tests.worker.tools import Bank

NOTICE = ("system", "Interrupted by user")


async def outcome_of(stage: Stage, run_id: str) -> Outcome:
    return (await stage.session()).recent[run_id]


@pytest.mark.slow
async def test_interrupting_a_streaming_answer_keeps_the_partial_text(stage: Stage) -> None:
    script = Script(["I was about to ", asyncio.Event()], ["never"])
    stage.llm = script.llm()
    page = await stage.open_page()
    stage.start()
    run_id = await stage.say("hi")
    await page.says("I was about to ")
    asked_at = asyncio.get_running_loop().time()
    await stage.interrupt(run_id)
    seen = await page.ended(run_id)
    assert asyncio.get_running_loop().time() - asked_at < 2.0
    assert await stage.log() == [("user", "hi"), ("agent", "I was about to "), NOTICE]
    assert [message.is_streaming for message in seen.messages] == [False, False, False]
    assert await outcome_of(stage, run_id) == "interrupted"


@pytest.mark.slow
async def test_a_message_that_replaces_earlier_ones_stops_them_although_no_function_could(
    stage: Stage,
) -> None:
    """Neither their stop nor their withdrawal was requested."""
    script = Script(["I was about to ", asyncio.Event()])
    stage.llm = script.llm()
    page = await stage.open_page()
    stage.start()
    first = await stage.say("first")
    await page.says("I was about to ")
    second = await stage.say("second")
    third = await stage.say("third", replaces_earlier=True)
    await page.ended(second)
    assert await stage.log() == [
        ("user", "first"),
        ("agent", "I was about to "),
        NOTICE,
        ("user", "second"),
        NOTICE,
    ]
    assert [await outcome_of(stage, run_id) for run_id in (first, second)] == ["interrupted"] * 2
    assert third not in (await stage.session()).recent


@pytest.mark.slow
async def test_interrupting_before_the_first_text_leaves_no_empty_message(stage: Stage) -> None:
    script = Script([asyncio.Event(), "never"])
    stage.llm = script.llm()
    page = await stage.open_page()
    stage.start()
    run_id = await stage.say("hi")
    await script.is_reached.wait()
    await stage.interrupt(run_id)
    await page.ended(run_id)
    assert await stage.log() == [("user", "hi"), NOTICE]


@pytest.mark.slow
async def test_interrupting_a_side_effect_says_that_its_outcome_is_unknown(stage: Stage) -> None:
    bank, script = Bank(), Script([call("transfer", '{"to":"Bob","amount":999}', "c1")], ["never"])
    stage.servers, stage.llm = [bank.server()], script.llm()
    page = await stage.open_page()
    stage.start()
    run_id = await stage.say("pay")
    await bank.has_begun.wait()
    await stage.interrupt(run_id)
    seen = await page.ended(run_id)
    shown = next(message for message in seen.messages if message.kind == "tool_result")
    assert shown.content.startswith("OUTCOME UNKNOWN")
    assert shown.tool is not None
    assert shown.tool.outcome == "unknown"
    assert (await stage.log())[-1] == NOTICE


@pytest.mark.slow
async def test_the_run_after_an_interrupted_one_gets_a_whole_history(stage: Stage) -> None:
    bank = Bank()
    script = Script([call("transfer", '{"to":"Bob","amount":999}', "c1")])
    stage.servers, stage.llm = [bank.server()], script.llm()
    page = await stage.open_page()
    stage.start()
    first = await stage.say("pay")
    await bank.has_begun.wait()
    await stage.interrupt(first)
    await page.ended(first)
    await stage.stop()
    again = Script(["I will check."])
    stage.llm = again.llm()
    stage.start()
    await page.ended(await stage.say("and?"))
    (request,) = again.requests
    assert prompts(request) == ["pay", "and?"]
    ((call_id, outcome, text),) = results(request)
    assert (call_id, outcome) == ("c1", "interrupted")
    assert text.startswith("OUTCOME UNKNOWN")


@pytest.mark.slow
async def test_an_interrupt_of_another_run_changes_nothing(stage: Stage) -> None:
    may_end = asyncio.Event()
    stage.llm = Script(["a ", may_end, "b"]).llm()
    page = await stage.open_page()
    stage.start()
    run_id = await stage.say("hi")
    await page.says("a ")
    await stage.interrupt("0" * 32)
    late = await stage.open_page("late=")
    await late.says("a ")  # by now the watch has seen the interrupt too
    may_end.set()
    assert (await page.ended(run_id)).messages[-1].content == "a b"


async def test_an_interrupt_asked_before_the_claim_stops_the_run(stage: Stage) -> None:
    stage.llm = Script([asyncio.Event()]).llm()
    page = await stage.open_page()
    run_id = await stage.say("hi")
    await stage.interrupt(run_id)
    stage.start()
    await page.ended(run_id)
    assert await stage.log() == [("user", "hi"), NOTICE]


@pytest.mark.slow
async def test_queued_messages_go_on_after_an_interrupted_run(stage: Stage) -> None:
    script = Script(["one ", asyncio.Event()])
    stage.llm = script.llm()
    page = await stage.open_page()
    stage.start()
    first = await stage.say("first")
    await page.says("one ")
    second = await stage.say("second")
    await stage.interrupt(first)
    await page.ended(first)
    await page.until(
        lambda known: (known.messages[-1].run_id, known.messages[-1].content) == (second, "one ")
    )
    await stage.interrupt(second)
    await page.ended(second)
    assert await stage.log() == [
        ("user", "first"),
        ("agent", "one "),
        NOTICE,
        ("user", "second"),
        ("agent", "one "),
        NOTICE,
    ]


@pytest.mark.slow
async def test_a_deleted_session_stops_its_run_without_another_write(stage: Stage) -> None:
    script = Script(["text ", asyncio.Event()])
    stage.llm = script.llm()
    page = await stage.open_page()
    worker = stage.start()
    await stage.say("hi")
    await page.says("text ")
    await asyncio.to_thread(stage.store.sessions.delete, KEY)
    new = await stage.say("again")
    await page.until(
        lambda known: bool(known.hot and known.hot.active_run and known.hot.active_run.run_id == new)
    )
    await stage.interrupt(new)
    await page.ended(new)
    assert (await stage.log())[0] == ("user", "again")
    assert not worker.done()


class LazyControls:
    """Control items that cannot be read for a while."""

    def __init__(self, controls: Any, failures: int) -> None:
        self._controls, self.failures = controls, failures

    def __getattr__(self, name: str) -> object:
        return getattr(self._controls, name)

    def read(self, keys: object, **how: object) -> object:
        if self.failures:
            self.failures -= 1
            raise StorageUnavailable(retry_after=1)
        return self._controls.read(keys, **how)


@pytest.mark.slow
async def test_the_watch_survives_a_storage_that_is_out_of_reach(stage: Stage) -> None:
    script = Script([asyncio.Event()])
    stage.llm = script.llm()
    page = await stage.open_page()
    stage.start(controls=LazyControls(stage.store.controls, failures=2))
    run_id = await stage.say("hi")
    await script.is_reached.wait()
    await stage.interrupt(run_id)
    await page.ended(run_id)
    assert await outcome_of(stage, run_id) == "interrupted"

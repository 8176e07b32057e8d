"""A person stops a run at any point: each tool call has one result, which says what became of it, and the next run
goes on.

Members: each of the run's calls of the store, before it and after it, by the worker that has the run; and after each of
them by the worker that takes it over.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
from pydantic_ai.messages import ModelMessage, ModelResponse

from forge.errors import LeaseLost
from forge.models.approval_reply import ApprovalReply
from forge.models.message import Message
from forge.models.run import Progress
from forge.models.work import CallRecord, Lease
from tests.patience import PATIENCE_SECONDS
from tests.properties import paired
from tests.worker.machines import MortalBlocking, Watched
from tests.worker.scripted_llm import Piece, Script, call, results
from tests.worker.stage import KEY, Stage, message_of, playing
from tests.worker.test_ask_permission import web
from tests.worker.tools import Bank
from worker.blocking_calls import Blocking
from worker.runs.active_run import LocalRun

CALLS = 12
"""The calls of the store that the run makes, from its claim on."""


class StoppingBlocking(Blocking):
    """Stops the run at its call `last`, and lets the agent hear of it before the call goes on or its answer comes."""

    def __init__(self, stage: Stage, last: int, *, after: bool) -> None:
        super().__init__(16)
        self._stage, self._left, self._after = stage, last, after
        self.run_id = ""

    async def __call__(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        run = the_run(self._stage, self.run_id)
        if run is None or getattr(call, "__name__", "") in {"receive", "read", "publish"}:
            return await super().__call__(call, *args, **kwargs)
        self._left -= 1
        if not self._after:
            await self._stop_at_last()
        done = await super().__call__(call, *args, **kwargs)
        if self._after:
            await self._stop_at_last()
        return done

    async def _stop_at_last(self) -> None:
        run = the_run(self._stage, self.run_id)
        if self._left == 0 and run:
            run.stop("interrupted")
            for _ in range(20):
                await asyncio.sleep(0)


def the_run(stage: Stage, run_id: str) -> LocalRun | None:
    return stage.active.held(KEY, run_id) if stage.active else None


def stop(stage: Stage, run_id: str) -> None:
    run = the_run(stage, run_id)
    assert run
    run.stop("interrupted")


def paying(stage: Stage, bank: Bank) -> Script:
    script = Script(
        ["Paying. ", call("transfer", '{"to":"Bob","amount":5}', "c1")],
        ["Looking. ", call("balance", '{"who":"Bob"}', "c2")],
        ["Done."],
    )
    stage.servers, stage.llm = [bank.server()], script.llm()
    return script


async def check(stage: Stage, bank: Bank, run_id: str, payment: str = "c1") -> None:
    session = await stage.session()
    messages = await asyncio.to_thread(stage.store.sessions.messages, session)
    asked, told = of_kind(messages, "tool_call"), of_kind(messages, "tool_result")
    assert set(asked) == set(told), [message.content for message in messages]
    if bank.transfers:
        assert told[payment] in {"success", "unknown"}
    elif payment in told:
        assert told[payment] != "success"
    texts = [message.content for message in messages if message.sender == "agent"]
    assert texts == ["Paying. ", "Looking. ", "Done."][: len(texts)]
    asked = [message.content for message in messages if message.sender == "user"]
    assert len(set(asked)) == len(asked)
    assert session.recent[run_id] in {"interrupted", "completed"}


def of_kind(messages: list[Message], kind: str) -> dict[str, str | None]:
    """The outcome of each call by its id."""
    found = [message.tool for message in messages if message.kind == kind and message.tool]
    assert len({tool.call_id for tool in found}) == len(found)
    return {tool.call_id: tool.outcome for tool in found}


async def goes_on(stage: Stage, run_id: str) -> None:
    """The next run is given the history, in which each call has one result."""
    page, script = await stage.open_page("later="), Script(["I am here."])
    await stage.stop()
    stage.llm = script.llm()
    stage.start()
    later = await stage.say("and?")
    assert (await page.ended(later)).messages[-1].content == "I am here."
    known = [call_id for call_id, _, _ in results(script.requests[-1])]
    assert len(known) == len(set(known))
    assert (await stage.session()).recent[run_id] in {"interrupted", "completed"}


@pytest.mark.slow
@pytest.mark.hypothesis
@pytest.mark.parametrize(("last", "after"), paired(range(1, CALLS + 1), [False, True], 2))
async def test_a_stop_at_any_point_says_once_what_became_of_each_call(
    stage: Stage, last: int, *, after: bool
) -> None:
    bank = Bank()
    paying(stage, bank)
    page = await stage.open_page()
    run_id = await stage.say("pay")
    blocking = StoppingBlocking(stage, last, after=after)
    blocking.run_id = run_id
    stage.start(blocking=blocking)
    await page.ended(run_id)
    await check(stage, bank, run_id)
    await goes_on(stage, run_id)


@pytest.mark.slow
@pytest.mark.parametrize("last", range(2, CALLS))
async def test_a_stop_before_the_takeover_says_once_what_became_of_each_call(stage: Stage, last: int) -> None:
    bank = Bank()
    paying(stage, bank)
    page = await stage.open_page()
    run_id = await stage.say("pay")
    stage.start(blocking=(machine := MortalBlocking(last, after=True)))
    await machine.is_dead.wait()
    await stage.interrupt(run_id)
    await stage.replace_worker()
    await page.ended(run_id)
    await check(stage, bank, run_id)
    await goes_on(stage, run_id)


AT_ONCE: dict[str, Sequence[Piece]] = {
    "a payment beside a look": [
        "Paying. ",
        call("transfer", '{"to":"Bob","amount":5}', "c1", 1),
        call("balance", '{"who":"Bob"}', "c2", 2),
    ],
    "two payments": [
        "Paying. ",
        call("transfer", '{"to":"Bob","amount":5}', "c1", 1),
        call("transfer", '{"to":"Eve","amount":6}', "c2", 2),
    ],
    "a payment after a refusal": [
        "Paying. ",
        call("refuse", '{"why":"closed"}', "c0", 1),
        call("transfer", '{"to":"Bob","amount":5}', "c1", 2),
    ],
    "a payment after a result that takes several items": [
        "Paying. ",
        call("long", '{"size":450000}', "c0", 1),
        call("transfer", '{"to":"Bob","amount":5}', "c1", 2),
    ],
}


@pytest.mark.slow
@pytest.mark.hypothesis
@pytest.mark.parametrize(("last", "name"), paired([4, 6, 8, 9, 10], [*AT_ONCE], 2))
async def test_a_stop_at_any_point_among_several_calls_says_once_what_became_of_each(
    stage: Stage, last: int, name: str
) -> None:
    bank = Bank()
    stage.servers, stage.llm = [bank.server()], Script(AT_ONCE[name], ["Looking. "]).llm()
    page = await stage.open_page()
    run_id = await stage.say("pay")
    blocking = StoppingBlocking(stage, last, after=False)
    blocking.run_id = run_id
    stage.start(blocking=blocking)
    await page.ended(run_id)
    paid = [to for to, _ in bank.transfers]
    await check(stage, bank, run_id, "c2" if paid == ["Eve"] else "c1")
    assert len(set(paid)) == len(paid)
    await goes_on(stage, run_id)


async def answer(messages: list[ModelMessage], _info: Any) -> AsyncIterator[Any]:
    """After a stranger's page it pays, which the person is asked about."""
    match sum(isinstance(message, ModelResponse) for message in messages):
        case 0:
            yield call("read_page", "{}", "c1")
        case 1:
            yield call("transfer", '{"to":"Bob","amount":5}', "c2")
        case _:
            yield "Paying. "


@pytest.mark.slow
@pytest.mark.hypothesis
@pytest.mark.parametrize(("last", "after"), paired(range(1, 9), [False, True], 2))
async def test_a_stop_at_any_point_of_an_allowed_call_says_once_what_became_of_it(
    stage: Stage, last: int, *, after: bool
) -> None:
    bank = Bank()
    stage.servers, stage.llm = [bank.server(), web()], playing(answer)
    page = await stage.open_page()
    blocking = StoppingBlocking(stage, last, after=after)
    stage.start(blocking=blocking)
    await page.ended(await stage.say("pay"))
    (ask,) = (await stage.session()).asks
    reply = ApprovalReply.model_validate({"approval_id": ask.approval_id, "outcome": "allowed"})
    run_id = blocking.run_id = await stage.accept("allowed", sender="system", approval=reply)
    await asyncio.to_thread(stage.queue.send, message_of(await stage.session(), run_id), resend=True)
    await page.ended(run_id)
    assert not (await stage.session()).asks
    await check(stage, bank, run_id, f"allowed_{ask.approval_id}")
    await goes_on(stage, run_id)


@pytest.mark.slow
@pytest.mark.parametrize("is_taken_over", [False, True])
async def test_a_result_that_is_recorded_is_told_although_the_llm_never_gets_it(
    stage: Stage, *, is_taken_over: bool
) -> None:
    bank, loop, is_recorded = Bank(), asyncio.get_running_loop(), asyncio.Event()
    paying(stage, bank)
    page = await stage.open_page()
    run_id = await stage.say("pay")

    def go_on() -> None:
        if not is_taken_over:
            stop(stage, run_id)
        is_recorded.set()

    def finish_call(*call: Any) -> CallRecord:
        record = stage.store.journal.finish_call(*call)
        loop.call_soon_threadsafe(go_on)
        if is_taken_over:
            raise LeaseLost
        return record

    stage.start(journal=Watched(stage.store.journal, finish_call=finish_call))
    if is_taken_over:
        await is_recorded.wait()
        await stage.interrupt(run_id)
        await stage.replace_worker()
    await page.ended(run_id)
    await check(stage, bank, run_id)
    messages = await asyncio.to_thread(stage.store.sessions.messages, await stage.session())
    assert of_kind(messages, "tool_result")["c1"] == "success"


@pytest.mark.slow
async def test_what_an_agent_has_begun_that_does_not_stop_is_told(stage: Stage) -> None:
    """A write does not come back, which cannot be broken off."""
    bank, loop, may_go_on = Bank(), asyncio.get_running_loop(), threading.Event()
    paying(stage, bank)
    page = await stage.open_page()
    run_id = await stage.say("pay")

    def finish_call(*call: Any) -> CallRecord:
        loop.call_soon_threadsafe(stop, stage, run_id)
        may_go_on.wait(PATIENCE_SECONDS)
        return stage.store.journal.finish_call(*call)

    stage.start(journal=Watched(stage.store.journal, finish_call=finish_call))
    await page.ended(run_id)
    may_go_on.set()
    await check(stage, bank, run_id)
    messages = await asyncio.to_thread(stage.store.sessions.messages, await stage.session())
    assert of_kind(messages, "tool_result") == {"c1": "unknown"}


@pytest.mark.slow
async def test_an_answer_that_is_being_stored_when_its_agent_is_given_up_is_there_once(stage: Stage) -> None:
    bank, loop, may_go_on = Bank(), asyncio.get_running_loop(), threading.Event()
    script = paying(stage, bank)
    page = await stage.open_page()
    run_id = await stage.say("pay")

    def append(lease: Lease, progress: Progress) -> Lease:
        if progress.new_response and len(script.requests) == 2:
            loop.call_soon_threadsafe(stop, stage, run_id)
            may_go_on.wait(PATIENCE_SECONDS)
        return stage.store.runs.append(lease, progress)

    stage.start(runs=Watched(stage.store.runs, append=append))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not is_given_up(f"agent {run_id}"):  # noqa: ASYNC110  tasks have no event for it
            await asyncio.sleep(0.05)
    may_go_on.set()
    await page.ended(run_id)
    await check(stage, bank, run_id)
    await goes_on(stage, run_id)


def is_given_up(name: str) -> bool:
    """Whether the agent was cancelled once more after its token has done so."""
    return any(task.get_name() == name and task.cancelling() > 1 for task in asyncio.all_tasks())

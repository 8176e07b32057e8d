"""Workers that die, freeze or are stopped: no message is repeated, no effect is repeated, nothing is lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from forge.errors import LeaseHeld, LeaseLost
from forge.models.run import Ending
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.models.timing import LEASE_MS
from forge.models.work import Lease
from tests.patience import eventually
from tests.worker.machines import MortalBlocking
from tests.worker.scripted_llm import Script, call, results
from tests.worker.stage import KEY, PLACES, Stage, message_of, playing
from tests.worker.tools import Bank
from worker.push.feed import Feed
from worker.runs.leased_record import LeasedRecord
from worker.runs.lost_worker_limit import LOST_WORKERS_LIMIT

ASKED = ("user", "pay Bob")
CALLED = ("system", 'tool: transfer | args: {"to":"Bob","amount":5}')
PAID = ("system", '{"to":"Bob","amount":5,"network":"testnet"}')
LOOKED = [
    ("system", 'tool: balance | args: {"who":"Bob"}'),
    ("system", '{"who":"Bob","wei":"7","network":"testnet"}'),
]


def paying() -> Script:
    return Script(
        ["Looking. ", call("balance", '{"who":"Bob"}', "c1")],
        ["Paying. ", call("transfer", '{"to":"Bob","amount":5}', "c2")],
        ["Paid."],
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("last", "after"),
    [*((last, False) for last in range(1, 12)), *((last, True) for last in (7, 11))],
)
async def test_a_worker_lost_at_any_write_doubles_and_loses_nothing(
    stage: Stage, last: int, after: bool
) -> None:
    bank = Bank()
    stage.servers, stage.llm = [bank.server()], paying().llm()
    page = await stage.open_page()
    machine = MortalBlocking(last, after=after)
    stage.start(blocking=machine)
    run_id = await stage.say("pay Bob")
    await machine.is_dead.wait()
    await stage.replace_worker()
    await page.ended(run_id)
    log = await stage.log()
    assert len(bank.transfers) <= 1
    assert log[:2] == [ASKED, ("agent", "Looking. ")]
    assert log[2:4] == LOOKED
    assert log[4:6] == [("agent", "Paying. "), CALLED]
    is_unknown = log[6][1].startswith("OUTCOME UNKNOWN")
    assert is_unknown or (log[6] == PAID and bank.transfers)
    assert log[7:] == [("agent", "Paid.")]


@pytest.mark.slow
async def test_the_llm_is_told_when_a_started_payment_has_no_result(stage: Stage) -> None:
    bank, script = Bank(), Script([call("transfer", '{"to":"Bob","amount":999}', "c1")], ["I will verify."])
    stage.servers, stage.llm = [bank.server()], script.llm()
    page = await stage.open_page()
    stage.start(blocking=(machine := MortalBlocking(10_000, after=False)))
    run_id = await stage.say("pay")
    await bank.has_begun.wait()
    machine.die()
    await stage.replace_worker()
    seen = await page.ended(run_id)
    assert seen.messages[-1].content == "I will verify."
    assert bank.transfers == [("Bob", 999)]
    assert results(script.requests[-1])[0][2].startswith("OUTCOME UNKNOWN")


@pytest.mark.slow
async def test_text_of_a_lost_attempt_is_replaced_by_the_next_attempts(stage: Stage) -> None:
    stage.llm = Script(["old text that is lost", asyncio.Event()]).llm()
    page = await stage.open_page()
    stage.start(blocking=(machine := MortalBlocking(10_000, after=False)))
    run_id = await stage.say("hi")
    await page.says("old text")
    machine.die()
    stage.llm = Script(["new text"]).llm()
    await stage.replace_worker()
    seen = await page.ended(run_id)
    assert [message.content for message in seen.messages] == ["hi", "new text"]


async def claimed_by_another(stage: Stage, run_id: str) -> Lease:
    """Once its lease has run out, which the worker may renew in between."""
    message = message_of(await stage.session(), run_id)
    while True:
        stage.clock.ahead += 7_000
        with contextlib.suppress(LeaseHeld):
            return await asyncio.to_thread(stage.store.runs.claim, message, "another")


@pytest.mark.slow
async def test_a_worker_that_lost_its_lease_writes_nothing_more(stage: Stage) -> None:
    may_go_on = asyncio.Event()
    script = Script(["first ", may_go_on, "and the rest"])
    stage.llm = script.llm()
    page = await stage.open_page()
    old = stage.start()
    run_id = await stage.say("hi")
    await page.says("first ")
    lease = await claimed_by_another(stage, run_id)
    may_go_on.set()
    await asyncio.to_thread(stage.store.runs.finish, lease, Ending(outcome="completed"))
    other_key = KEY._replace(session_id="s2")
    other = await stage.open_page("other=", other_key)
    await other.ended(await stage.say("hi", other_key))
    assert await stage.log() == [("user", "hi")]
    assert not old.done()


async def frozen(stage: Stage) -> tuple[LeasedRecord, Feed]:
    """What a worker has in hand that was frozen until its lease had run out."""
    run_id = await stage.say("hi")
    message = message_of(await stage.session(), run_id)
    lease = await asyncio.to_thread(stage.store.runs.claim, message, "frozen")
    record, feed = stage.record(replace(lease, until=stage.clock() - 1))
    stage.clock.ahead += LEASE_MS + 1
    return record, feed


async def test_a_worker_that_wakes_up_neither_speaks_nor_begins_anything_in_another_s_run(
    stage: Stage,
) -> None:
    record, feed = await frozen(stage)
    await claimed_by_another(stage, record.lease.run_id)
    with pytest.raises(LeaseLost):
        await record.show_text("too late")
    with pytest.raises(LeaseLost):
        await record.hold_lease()
    assert feed.text == ""


async def test_a_worker_that_wakes_up_goes_on_with_a_run_that_nobody_has_claimed(stage: Stage) -> None:
    record, feed = await frozen(stage)
    await record.show_text("still here")
    await record.hold_lease()
    assert feed.text == "still here"
    message = message_of(await stage.session(), record.lease.run_id)
    with pytest.raises(LeaseHeld):
        await asyncio.to_thread(stage.store.runs.claim, message, "another")


@pytest.mark.slow
async def test_a_run_that_fails_every_attempt_ends_as_failed_and_in_the_dead_letters(
    stage: Stage, sqs: Any
) -> None:
    page = await stage.open_page()
    run_id = await stage.say("hi")
    session = await stage.session()
    for _ in range(LOST_WORKERS_LIMIT):
        await asyncio.to_thread(stage.store.runs.claim, message_of(session, run_id), "dies")
        stage.clock.ahead += 7_000
    stage.start()
    seen = await page.ended(run_id)
    assert seen.hot is not None
    assert seen.hot.outcomes[run_id] == "failed"
    assert "given up" in seen.messages[-1].content
    await stage.stop()
    url = sqs.get_queue_url(QueueName="dead.fifo")["QueueUrl"]
    buried = sqs.receive_message(QueueUrl=url)["Messages"]
    assert run_id in buried[0]["Body"]


@pytest.mark.slow
async def test_messages_of_a_session_run_in_order_even_when_the_queue_delivers_the_second(
    stage: Stage,
) -> None:
    stage.llm = Script(["answer"]).llm()
    page = await stage.open_page()
    first = await stage.say("first")
    second = await stage.say("second")
    stage.queue.receive(1, 0)  # the first one's message is somewhere else
    session = await stage.session()
    await asyncio.to_thread(stage.queue.send, message_of(session, second), resend=True)
    stage.queue.let_visibility_end()
    stage.start()
    await page.ended(first)
    await page.ended(second)
    assert [content for _, content in await stage.log()] == ["first", "answer", "second", "answer"]


@pytest.mark.slow
async def test_a_stopped_worker_lets_a_short_run_end(stage: Stage) -> None:
    may_end = asyncio.Event()
    stage.llm = Script(["almost ", may_end, "done"]).llm()
    page = await stage.open_page()
    stage.start(stop_seconds=10)
    run_id = await stage.say("hi")
    await page.says("almost ")
    stopping = asyncio.create_task(stage.stop())
    may_end.set()
    assert (await page.ended(run_id)).messages[-1].content == "almost done"
    await stopping


@pytest.mark.slow
async def test_a_stopped_worker_whose_places_were_taken_receives_nothing_more(stage: Stage) -> None:
    """A message that it received then could come too late to be put back, and would stay hidden."""
    may_end, begun = asyncio.Event(), 0

    async def answer(_messages: list[Any], _info: Any) -> AsyncIterator[str]:
        nonlocal begun
        begun += 1
        await may_end.wait()
        yield "done"

    stage.llm = playing(answer)
    stage.start(stop_seconds=10)
    for number in range(PLACES):
        await stage.say("hi", SessionKey(ANONYMOUS, f"s{number}"))
    await eventually(lambda: begun == PLACES)
    await stage.say("one more", SessionKey(ANONYMOUS, "waits"))
    stopping = asyncio.create_task(stage.stop())
    await asyncio.sleep(0)  # the worker is told to stop before a place is free
    may_end.set()
    await stopping
    assert len(stage.queue.receipts) == PLACES


@pytest.mark.slow
async def test_a_stopped_worker_hands_a_long_run_over_at_once(stage: Stage) -> None:
    stage.llm = Script(["never ends ", asyncio.Event()]).llm()
    page = await stage.open_page()
    stage.start(stop_seconds=0.1)
    run_id = await stage.say("hi")
    await page.says("never ends ")
    await stage.stop()
    stage.llm = Script(["the next worker's answer"]).llm()
    stage.start()
    seen = await page.ended(run_id)
    assert [message.content for message in seen.messages] == ["hi", "the next worker's answer"]

"""Faults at the crossings that few runs reach: a write takes effect once, whether it failed or its answer was lost."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from forge.errors import MissingApiKey, SpendingCapReached, StorageUnavailable
from forge.models.session import Session
from forge.models.session_key import SessionKey
from forge.models.spending_caps import SendingCaps
from forge.models.work import CallRecord, Delivery, Lease
from tests.patience import PATIENCE_SECONDS
from tests.worker.gateway import Page
from tests.worker.machines import Watched
from tests.worker.scripted_llm import Script
from tests.worker.stage import KEY, Stage, message_of
from worker.push.audience import Audience
from worker.push.frame_pace import PACES
from worker.push.ticks import Ticks
from worker.runs.leased_record import LeasedRecord
from worker.runs.lost_worker_limit import LOST_WORKERS_LIMIT

MOMENTS = ["before", "after"]


class Failing:
    """A call that fails at first: before it takes effect, or after it, so that nobody hears of it."""

    def __init__(self, call: Callable[..., Any], moment: str, failures: int = 2) -> None:
        self._call, self._moment, self.failures = call, moment, failures

    def __call__(self, *args: Any) -> Any:
        if self.failures and self._moment == "before":
            self.failures -= 1
            raise StorageUnavailable(retry_after=1)
        done = self._call(*args)
        if self.failures:
            self.failures -= 1
            raise StorageUnavailable(retry_after=1)
        return done


async def claimed(stage: Stage, key: SessionKey = KEY) -> Lease:
    run_id = await stage.say("hi", key)
    message = message_of(await stage.session(key), run_id)
    return await asyncio.to_thread(stage.store.runs.claim, message, "worker")


def record_of(stage: Stage, lease: Lease, **other: Any) -> LeasedRecord:
    record, _ = stage.record(lease, **other)
    return record


async def deliver_again_after_its_end(stage: Stage, page: Page) -> None:
    """A run ends and its worker stops; then its message is in the queue again, received once already."""
    stage.start()
    run_id = await stage.say("one")
    await page.ended(run_id)
    await stage.stop()
    late = message_of(await stage.session(), run_id)
    await asyncio.to_thread(stage.queue.send, late, resend=True)
    await asyncio.to_thread(stage.queue.receive, 1, 0)
    await asyncio.to_thread(stage.queue.let_visibility_end)


class Posted:
    """Connections that keep what was posted to them."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []

    async def post(self, connection_id: str, frame: bytes) -> None:
        self.frames.append(json.loads(frame))


async def test_an_answers_first_text_is_posted_before_the_agent_goes_on(stage: Stage) -> None:
    async def is_gone(_connection_id: str) -> bool:
        return True

    record, feed = stage.record(await claimed(stage))
    connections = Posted()
    audience = Audience(feed, connections, PACES["smooth"], Ticks(), is_gone)
    audience.follow(["one"])
    await audience.drain(PATIENCE_SECONDS)
    await record.show_text("word")
    assert [frame["text"] for frame in connections.frames if frame["type"] == "text"] == ["word"]
    assert record.renewal.is_due.is_set()
    await audience.close()


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
async def test_what_the_agent_spends_is_counted_once(stage: Stage, moment: str) -> None:
    key, caps = KEY._replace(owner="alice"), SendingCaps(session=10, owner=10, deployment=10)
    lease = await claimed(stage, key)
    kept = stage.store.spendings
    charge, give_back = Failing(kept.charge, moment), Failing(kept.give_back, moment)
    record = record_of(stage, lease, spendings=Watched(kept, charge=charge, give_back=give_back))
    spending = await record.spend(3, caps)
    assert (charge.failures, (await stage.session(key)).spent) == (0, 3)
    await record.give_back(spending)
    assert (give_back.failures, (await stage.session(key)).spent) == (0, 0)
    await record.spend(9, caps)
    with pytest.raises(SpendingCapReached):
        await record.spend(2, caps)
    await record.spend(1, caps)


@pytest.mark.parametrize("moment", MOMENTS)
async def test_the_session_changes_its_network_once(stage: Stage, moment: str) -> None:
    lease = await claimed(stage)
    change = Failing(stage.store.runs.set_network, moment)
    record = record_of(stage, lease, runs=Watched(stage.store.runs, set_network=change))
    await record.set_network("mainnet")
    assert change.failures == 0
    assert (await stage.session()).network == "mainnet"
    assert record.lease.session.network == "mainnet"


async def test_what_a_deleted_session_left_is_deleted_although_the_storage_fails(stage: Stage) -> None:
    lease = await claimed(stage)
    clear = Failing(stage.store.runs.clear, "before")
    record = record_of(stage, lease, runs=Watched(stage.store.runs, clear=clear))
    await record.begin_call("0001:c1", {"tool": "pay"})
    await asyncio.to_thread(stage.store.sessions.delete, KEY)
    await record.clear()
    assert clear.failures == 0


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_call_that_certainly_has_not_been_made_is_made_although_the_storage_fails(
    stage: Stage, moment: str
) -> None:
    """It was told as one whose outcome is unknown, if only the answer was lost."""
    begin = Failing(stage.store.journal.begin_call, moment)
    journal = Watched(stage.store.journal, begin_call=begin)
    record = record_of(stage, await claimed(stage), journal=journal)
    assert await record.begin_call("0001:c1", {"tool": "pay"}) == ("new", None)
    assert begin.failures == 0
    assert await record.begin_call("0001:c1", {"tool": "pay"}) == ("started", None)


async def test_a_transaction_is_counted_although_the_storage_fails(stage: Stage) -> None:
    kept = stage.store.spendings
    begin, cancel = Failing(kept.begin, "before"), Failing(kept.cancel, "before")
    spendings = Watched(kept, begin=begin, cancel=cancel)
    record = record_of(stage, await claimed(stage), spendings=spendings)
    await record.give_back(await record.spend(1, SendingCaps(deployment=1)))
    assert (begin.failures, cancel.failures) == (0, 0)
    await record.spend(1, SendingCaps(deployment=1))


async def test_a_result_that_is_recorded_is_told_although_the_storage_fails(stage: Stage) -> None:
    lease = await claimed(stage)
    call_record = Failing(stage.store.journal.call_record, "before")
    record = record_of(stage, lease, journal=Watched(stage.store.journal, call_record=call_record))
    await record.begin_call("0001:c1", {"tool": "pay"})
    assert await record.call_record("0001:c1") is None
    paid = await record.finish_call("0001:c1", CallRecord("ok", "paid"))
    call_record.failures = 2
    assert await record.call_record("0001:c1") == paid
    assert call_record.failures == 0
    assert await record.call_record("0001:c2") is None


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_run_that_is_put_back_has_lost_no_attempt(stage: Stage, moment: str) -> None:
    lease = await claimed(stage)
    put_back = Failing(stage.store.runs.put_back, moment)
    await record_of(stage, lease, runs=Watched(stage.store.runs, put_back=put_back)).put_back()
    session = await stage.session()
    assert put_back.failures == 0
    again = await asyncio.to_thread(stage.store.runs.claim, message_of(session, lease.run_id), "another")
    assert again.attempt == lease.attempt


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_connection_that_cannot_be_forgotten_costs_the_run_nothing(stage: Stage, moment: str) -> None:
    disconnect = Failing(stage.store.controls.disconnect, moment, failures=1)
    gone = await stage.open_page("gone=")
    gone.is_gone = True
    stage.clock.ahead += 60_000  # it is not just being opened
    page = await stage.open_page()
    stage.start(controls=Watched(stage.store.controls, disconnect=disconnect))
    seen = await page.ended(await stage.say("hi"))
    assert [message.content for message in seen.messages] == ["hi", "hello"]
    await stage.stop()
    assert disconnect.failures == 0


@pytest.mark.slow
async def test_a_session_that_cannot_be_read_for_showing_it_costs_the_next_run_nothing(stage: Stage) -> None:
    """A message is delivered again after its run has ended: whoever ended it may have told nobody."""
    get = Failing(stage.store.sessions.get, "before", failures=1)
    page = await stage.open_page()
    await deliver_again_after_its_end(stage, page)
    stage.start(sessions=Watched(stage.store.sessions, get=get))
    await page.ended(await stage.say("two"))
    assert get.failures == 0
    assert [content for _, content in await stage.log()] == ["one", "hello", "two", "hello"]


@pytest.mark.parametrize("moment", MOMENTS)
async def test_the_tokens_left_are_asked_for_again(stage: Stage, moment: str) -> None:
    key = KEY._replace(owner="alice")
    run_id = await stage.say("hi", key)
    message = message_of(await stage.session(key), run_id)
    lease = await asyncio.to_thread(stage.store.runs.claim, message, "worker")
    left = Failing(stage.store.runs.tokens_left, moment)
    record = record_of(stage, lease, runs=Watched(stage.store.runs, tokens_left=left))
    assert await record.tokens_left() is None
    assert left.failures == 0


async def test_a_worker_without_a_key_answers_for_itself_when_it_cannot_see_the_others(stage: Stage) -> None:
    catalog = Failing(stage.store.commands.catalog, "before", failures=1_000)  # stands for catalog.get
    stage.llm_error = MissingApiKey("ANTHROPIC_API_KEY")
    page = await stage.open_page()
    publisher = stage.parts().publisher
    commands = Watched(stage.store.commands, catalog=catalog)
    publisher._commands = commands  # pyrefly: ignore[bad-assignment]
    stage.start(publisher=publisher, commands=commands)
    seen = await page.ended(await stage.say("hi"))
    assert catalog.failures < 1_000
    assert "ANTHROPIC_API_KEY" in seen.messages[-1].content


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_queue_that_fails_at_a_run_s_end_does_not_keep_the_session_s_next_message_back(
    stage: Stage, moment: str
) -> None:
    received: list[Delivery] = []
    has_come = threading.Event()

    def receive(*args: int) -> list[Delivery]:
        received.extend(got := stage.queue.receive(*args))
        if got:
            has_come.set()
        return got

    delete = Failing(stage.queue.delete, moment)
    page = await stage.open_page()
    stage.queue.hide_messages_for(
        2 * PATIENCE_SECONDS
    )  # one that is not deleted does not come back by itself
    stage.start(
        queue=Watched(stage.queue, delete=delete, receive=receive, extend_all=lambda receipts, seconds: None)
    )
    await stage.say("one")
    # Of two messages that are received together, the second is put back, and comes twice.
    assert await asyncio.to_thread(has_come.wait, PATIENCE_SECONDS)
    await page.ended(await stage.say("two"))
    await stage.stop()
    assert delete.failures == 0
    assert {delivery.receives for delivery in received} == {1}


@pytest.mark.slow
async def test_a_session_that_is_shown_while_its_next_run_begins_still_sees_that_run_s_end(
    stage: Stage,
) -> None:
    """After a repeated delivery the session is looked at so slowly that its next run begins meanwhile."""
    is_looking, may_see, go_on = threading.Event(), threading.Event(), asyncio.Event()

    def get(key: SessionKey) -> Session | None:
        is_looking.set()
        may_see.wait(PATIENCE_SECONDS)
        return stage.store.sessions.get(key)

    page = await stage.open_page()
    await deliver_again_after_its_end(stage, page)
    stage.llm = Script(["wel", go_on, "come"]).llm()
    stage.start(sessions=Watched(stage.store.sessions, get=get))
    assert await asyncio.to_thread(is_looking.wait, PATIENCE_SECONDS)
    run_id = await stage.say("two")
    await page.says("wel")
    may_see.set()
    await asyncio.sleep(
        0.1
    )  # in which an audience that is closed by mistake is gone, and not yet found again
    go_on.set()
    await page.ended(run_id)


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_given_up_run_comes_to_the_dead_letters_although_the_queue_fails(
    stage: Stage, moment: str, sqs: Any
) -> None:
    page = await stage.open_page()
    run_id = await stage.say("hi")
    session = await stage.session()
    for _ in range(LOST_WORKERS_LIMIT):
        await asyncio.to_thread(stage.store.runs.claim, message_of(session, run_id), "dies")
        stage.clock.ahead += 7_000
    dead_letter = Failing(stage.queue.dead_letter, moment, failures=1)
    stage.start(queue=Watched(stage.queue, dead_letter=dead_letter))
    await page.ended(run_id)
    await stage.stop()
    url = sqs.get_queue_url(QueueName="dead.fifo")["QueueUrl"]
    (letter,) = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert dead_letter.failures == 0
    assert run_id in letter["Body"]

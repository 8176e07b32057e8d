"""A worker waits for the end of a dead worker's lease, and does not touch a run whose worker is alive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from forge.errors import LeaseHeld, SuspectHeld
from forge.models.run import RunMessage
from forge.models.timing import HELD_RETRY_SECONDS, LEASE_MS, SUSPECT_RETRY_SECONDS
from forge.models.work import Delivery, Lease
from tests.patience import PATIENCE_SECONDS
from tests.worker.machines import Watched
from tests.worker.scripted_llm import Script, call, prompts
from tests.worker.stage import KEY, Stage, message_of, playing
from tests.worker.tools import Bank
from worker.runs.queue_calls import RENEWED_RECEIVES


class Releases:
    """The queue, and how long each message is put back for."""

    def __init__(self, stage: Stage) -> None:
        self._queue, self._loop = stage.queue, asyncio.get_running_loop()
        self.receives: list[int] = []
        self.released: asyncio.Queue[int] = asyncio.Queue()

    def part(self) -> Any:
        return Watched(self._queue, receive=self.receive, extend=self.extend)

    def receive(self, *args: int) -> list[Delivery]:
        got = self._queue.receive(*args)
        self.receives += [delivery.receives for delivery in got]
        return got

    def extend(self, receipt: str, seconds: int) -> None:
        self._queue.extend(receipt, seconds)
        self._loop.call_soon_threadsafe(self.released.put_nowait, seconds)

    async def next(self) -> int:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.released.get()


@pytest.mark.slow
async def test_a_message_that_comes_before_the_end_of_the_lease_waits_at_its_worker(stage: Stage) -> None:
    refused: list[int] = []

    def claim(message: RunMessage, worker: str) -> Lease:
        if not refused:
            refused.append(stage.clock() + 100)
            raise LeaseHeld(refused[0])
        assert stage.clock() > refused[0]
        return stage.store.runs.claim(message, worker)

    queue, page = Releases(stage), await stage.open_page()
    stage.start(runs=Watched(stage.store.runs, claim=claim), queue=queue.part())
    await page.ended(await stage.say("hi"))
    assert refused
    assert queue.receives == [1]
    assert queue.released.empty()


async def test_the_message_of_a_run_that_another_worker_holds_for_long_is_no_dead_letter(
    stage: Stage,
) -> None:
    """After half of the deliveries that the queue allows, another message takes its place."""
    sent: list[RunMessage] = []
    first = stage.queue.receive

    def receive(*args: int) -> list[Delivery]:
        return [replace(each, receives=RENEWED_RECEIVES if not sent else 1) for each in first(*args)]

    def send(message: RunMessage, *, resend: bool) -> None:
        sent.append(message)
        stage.queue.send(message, resend=resend)

    def claim(message: RunMessage, worker: str) -> Lease:
        if not sent:
            raise SuspectHeld
        return stage.store.runs.claim(message, worker)

    queue = Watched(stage.queue, receive=receive, send=send)
    page = await stage.open_page()
    stage.start(runs=Watched(stage.store.runs, claim=claim), queue=queue)
    run_id = await stage.say("hi")
    await page.ended(run_id)
    assert [message.run_id for message in sent] == [run_id]


async def test_a_run_whose_worker_renews_its_lease_is_left_alone(stage: Stage) -> None:
    claims: list[int] = []

    def claim(_message: RunMessage, _worker: str) -> Lease:
        claims.append(stage.clock() + 20)
        raise LeaseHeld(claims[-1])

    queue = Releases(stage)
    stage.start(runs=Watched(stage.store.runs, claim=claim), queue=queue.part())
    await stage.say("hi")
    assert await queue.next() == HELD_RETRY_SECONDS
    assert len(claims) == 2


async def test_a_worker_that_stops_claims_nothing_after_its_wait(stage: Stage) -> None:
    """It is told to stop while it is refused, so before its wait is over, however slow the computer is."""
    loop, claims = asyncio.get_running_loop(), list[str]()

    def claim(_message: RunMessage, worker: str) -> Lease:
        claims.append(worker)
        _, stop = stage.workers[0]
        loop.call_soon_threadsafe(stop.set)
        raise LeaseHeld(stage.clock() + 100)

    queue = Releases(stage)
    worker = stage.start(runs=Watched(stage.store.runs, claim=claim), queue=queue.part())
    await stage.say("hi")
    await worker
    assert await queue.next() == HELD_RETRY_SECONDS
    assert len(claims) == 1


@pytest.mark.slow
async def test_a_suspect_comes_to_its_worker_once_the_other_one_has_stored_something(stage: Stage) -> None:
    """Both have lost two workers, and a third one together. While the first one's LLM takes its time, the second one is
    put back.
    """
    other, may_look, may_end = KEY._replace(session_id="s2"), asyncio.Event(), asyncio.Event()
    looking = Script([may_look, call("balance", '{"who":"Bob"}', "c1")], [may_end, "Seven."])
    slow = looking.llm().stream_function
    assert slow is not None

    async def answer(messages: Any, info: Any) -> AsyncIterator[Any]:
        if prompts(messages) == ["hi"]:
            yield "hello"
            return
        async for piece in slow(messages, info):
            yield piece

    pages = {key: await stage.open_page(f"{key.session_id}=", key) for key in (KEY, other)}
    runs = {KEY: await stage.accept("balance of Bob"), other: await stage.accept("hi", other)}
    for attempt in range(2):
        for key, run_id in runs.items():
            message = message_of(await stage.session(key), run_id)
            lease = await asyncio.to_thread(stage.store.runs.claim, message, f"{key.session_id} {attempt}")
            stage.clock.ahead += 600_000  # so long that neither outlives its earlier attempts in this test
            await asyncio.to_thread(stage.store.runs.renew, lease)
        stage.clock.ahead += LEASE_MS + 1
    for key, run_id in runs.items():
        message = message_of(await stage.session(key), run_id)
        await asyncio.to_thread(stage.store.runs.claim, message, "shared")
    stage.clock.ahead += LEASE_MS + 1
    queue = Releases(stage)
    stage.servers, stage.llm = [Bank().server()], playing(answer)
    stage.start(queue=queue.part())
    await asyncio.to_thread(stage.queue.send, message_of(await stage.session(), runs[KEY]), resend=True)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await looking.is_reached.wait()
    late = message_of(await stage.session(other), runs[other])
    await asyncio.to_thread(stage.queue.send, late, resend=True)
    assert await queue.next() == SUSPECT_RETRY_SECONDS
    may_look.set()
    await pages[other].ended(runs[other])
    assert (await stage.session()).recent == {}
    may_end.set()
    await pages[KEY].ended(runs[KEY])
    assert (await stage.session()).recent == {runs[KEY]: "completed"}
    assert (await stage.session(other)).recent == {runs[other]: "completed"}

"""Runs begin a few at a time, and none waits long for another run's beginning."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from forge.errors import LeaseHeld
from forge.models.run import RunMessage
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.models.work import Lease
from tests.patience import PATIENCE_SECONDS
from tests.virtual_loop import run_in_virtual_time
from tests.worker.machines import Watched
from tests.worker.stage import Stage, playing
from worker.runs.staggered_starts import AT_ONCE, LONGEST_START, LONGEST_WAIT, Start, Starts


def test_only_so_many_begin_at_once_and_the_next_one_follows_when_one_has_begun() -> None:
    async def scene() -> None:
        places, begun = Starts(2), list[int]()

        async def begin(number: int) -> Start:
            start = await places.begin()
            begun.append(number)
            return start

        tasks = [asyncio.create_task(begin(number)) for number in range(4)]
        await asyncio.sleep(0.01)
        assert begun == [0, 1]
        first = await tasks[0]
        first.over()
        first.over()  # counts once
        await asyncio.sleep(0.01)
        assert begun == [0, 1, 2]
        with await tasks[1]:
            pass
        await asyncio.sleep(0.01)
        assert begun == [0, 1, 2, 3]

    run_in_virtual_time(scene)


def test_a_run_that_takes_long_to_begin_keeps_others_waiting_for_a_moment_only() -> None:
    async def scene() -> None:
        loop, places = asyncio.get_running_loop(), Starts(1)
        began = loop.time()
        for _ in range(3):
            await places.begin()
        assert loop.time() - began == 2 * LONGEST_START

    run_in_virtual_time(scene)


def test_nobody_waits_for_a_place_until_its_message_is_shown_to_others() -> None:
    async def scene() -> None:
        loop, places = asyncio.get_running_loop(), Starts(1)
        held = await places.begin()
        held._late.cancel()
        began = loop.time()
        late = await places.begin()
        assert loop.time() - began == LONGEST_WAIT
        late.over()  # had no place, so it gives none back
        assert places._places.locked()

    run_in_virtual_time(scene)


@pytest.mark.slow
async def test_runs_whose_llm_is_silent_let_others_begin(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than may begin at once; none of these beginnings, nor the wait for one, ends by itself."""
    monkeypatch.setattr("worker.runs.staggered_starts.LONGEST_START", 3_600.0)
    monkeypatch.setattr("worker.runs.staggered_starts.LONGEST_WAIT", 3_600.0)
    asked, answer = asyncio.Semaphore(0), asyncio.Event()

    async def silent(_messages: Any, _info: Any) -> AsyncIterator[str]:
        asked.release()
        await answer.wait()
        yield "answer"

    stage.llm = playing(silent)
    keys = [SessionKey(ANONYMOUS, f"s{number}") for number in range(AT_ONCE + 2)]
    for key in keys:
        await stage.say("hi", key)
    stage.start()
    async with asyncio.timeout(PATIENCE_SECONDS):
        for _ in keys:
            await asked.acquire()
    answer.set()


@pytest.mark.slow
async def test_runs_that_wait_for_the_end_of_a_lease_let_others_begin(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as may begin at once wait for another worker's leases; none of these waits ends in this test."""
    monkeypatch.setattr("worker.runs.staggered_starts.LONGEST_START", 3_600.0)
    monkeypatch.setattr("worker.runs.staggered_starts.LONGEST_WAIT", 3_600.0)
    free = SessionKey(ANONYMOUS, "free")

    def claim(message: RunMessage, worker: str) -> Lease:
        if message.key != free:
            raise LeaseHeld(stage.clock() + 3_600_000)
        return stage.store.runs.claim(message, worker)

    for number in range(AT_ONCE):
        await stage.say("hi", SessionKey(ANONYMOUS, f"s{number}"))
    page = await stage.open_page("free=", free)
    stage.start(runs=Watched(stage.store.runs, claim=claim))
    await page.ended(await stage.say("hi", free))

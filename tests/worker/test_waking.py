"""A worker whose clock has jumped, or that was frozen, continues its own runs at once; they are pushed and can be
stopped.
"""

from __future__ import annotations

import asyncio

import pytest

from forge.models.session_key import ANONYMOUS, SessionKey
from tests.worker.scripted_llm import Script
from tests.worker.stage import KEY, Stage, message_of

SLEPT_MS = 60_000
SESSIONS = [SessionKey(ANONYMOUS, f"s{number}") for number in range(4)]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["goes on", "is stopped"])
async def test_runs_survive_a_jump_of_the_clock(stage: Stage, how: str) -> None:
    """Their leases and queue messages have run out meanwhile."""
    may_end = asyncio.Event()
    stage.llm = Script(["almost ", may_end, "done"]).llm()
    pages = {key: await stage.open_page(f"{key.session_id}=", key) for key in SESSIONS}
    stage.start()
    runs = {key: await stage.say("hi", key) for key in SESSIONS}
    for page in pages.values():
        await page.says("almost ")
    stage.clock.ahead += SLEPT_MS
    await asyncio.to_thread(stage.queue.let_visibility_end)
    if how == "goes on":
        may_end.set()
    else:
        for key, run_id in runs.items():
            await stage.interrupt(run_id, key)
    for key, page in pages.items():
        seen = await page.ended(runs[key])
        assert seen.hot is not None
        assert seen.hot.outcomes[runs[key]] == ("completed" if how == "goes on" else "interrupted")
        session = await stage.session(key)
        assert session.active is None


@pytest.mark.slow
async def test_a_run_whose_lease_ran_out_unnoticed_is_taken_up_again_by_its_own_worker(stage: Stage) -> None:
    """A second attempt lives in the same process before the first has wound down: it is watched and told as well."""
    may_end = asyncio.Event()
    stage.llm = Script(["almost ", may_end, "done"]).llm()
    page = await stage.open_page()
    worker = stage.start()
    run_id = await stage.say("hi")
    await page.says("almost ")
    session = await stage.session()
    assert session.active is not None
    stage.clock.ahead += SLEPT_MS
    await asyncio.to_thread(stage.queue.let_visibility_end)
    may_end.set()
    await page.ended(run_id)
    assert (await stage.log())[-1] == ("agent", "almost done")
    assert not worker.done()


@pytest.mark.slow
async def test_what_waits_goes_on_although_its_queue_messages_are_lost(stage: Stage) -> None:
    stage.llm = Script(["answer"]).llm()
    page = await stage.open_page()
    first = await stage.say("0")
    later = [await stage.accept(f"{number}") for number in range(1, 5)]
    stage.start()
    for run_id in [first, *later]:
        await page.ended(run_id)
    spoken = [content for sender, content in await stage.log() if sender == "user"]
    assert spoken == ["0", "1", "2", "3", "4"]


@pytest.mark.slow
async def test_twenty_hand_overs_in_one_run_complete_it(stage: Stage) -> None:
    may_end = asyncio.Event()
    stage.llm = Script(["going ", may_end, "done"]).llm()
    page = await stage.open_page()
    run_id = await stage.say("hi")
    session = await stage.session()
    for _ in range(20):
        lease = await asyncio.to_thread(stage.store.runs.claim, message_of(session, run_id), "other")
        await asyncio.to_thread(stage.store.runs.release, lease)
    may_end.set()
    stage.start()
    seen = await page.ended(run_id)
    assert seen.hot is not None
    assert seen.hot.outcomes[run_id] == "completed"


@pytest.mark.slow
async def test_a_worker_that_is_stopped_in_mid_run_has_cost_no_attempt(stage: Stage) -> None:
    stage.llm = Script(["never ends ", asyncio.Event()]).llm()
    page = await stage.open_page()
    run_id = await stage.say("hi")
    for _ in range(4):
        stage.start(stop_seconds=0.05)
        await page.says("never ends ")
        await stage.stop()
    active = (await stage.session(KEY)).active
    assert active is not None
    assert (active.run_id, active.strikes) == (run_id, 0)

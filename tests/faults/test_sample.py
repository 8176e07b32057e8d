"""A sample of the fault matrix; `make soak ARGS=--matrix` runs all of it."""

from __future__ import annotations

import asyncio

import pytest

from bench.soak import damages
from bench.soak.checker import check
from bench.soak.conversation import Talker, paying, short
from bench.soak.matrix import Cell, cells, play
from bench.soak.rig import Rig
from tests.patience import PATIENCE_SECONDS

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.faults,
    pytest.mark.slow,
    pytest.mark.timeout(120),
]

DAMAGED = [
    "session: logged is missing, before the second LLM request",
    "session: lease_until is of another form (N), before the payment's result is recorded",
    "control: expires_at is of another form (N), before the run is claimed",
    "message#: content is missing, before the run is claimed",
    "entry#: body is of another form (B), before the second LLM request",
    "catalog#current: body is of another form (B), before the run is claimed",
]
MORTAL = [
    "kill after tool.pay: the payment is made",
    "freeze before journal.begin_call: the payment is begun",
]
JUMPS = ["ahead before runs.renew: the lease is renewed", "behind before runs.renew: the lease is renewed"]
AT_ONCE = [
    "newer before runs.claim: the run is claimed",
    "newer before runs.append: a response that asks for a payment is stored",
    "error before runs.claim: the run is claimed",
    "throttle before controls.read: connections and stops are read",
    "error after runs.append: a response that asks for a payment is stored",
    "throttle before journal.begin_call: the payment is begun",
    "error after journal.finish_call: the payment's result is recorded",
    "error after tool.pay: the payment is made",
    "error before runs.finish: the run is finished",
    "throttle before queue.delete: the message is deleted",
]


def cell_of(name: str) -> Cell:
    return next(cell for cell in cells() if cell.name == name)


@pytest.mark.parametrize("name", MORTAL)
async def test_a_run_goes_on_elsewhere_when_its_worker_is_lost(rig: Rig, name: str) -> None:
    await rig.whole()
    outcome = await play(rig, cell_of(name))
    assert outcome.fired
    assert not outcome.violations
    assert outcome.ended == "completed"


async def test_a_jump_of_a_worker_s_clock_costs_no_run_anything(rig: Rig) -> None:
    await rig.whole()

    async def noticed() -> None:
        """A worker that is ahead sees it at its next look at the clock, one that is behind when the clock is right."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while "clock jumped" not in "".join(map(rig.log, rig.workers)):  # noqa: ASYNC110  other processes
                await asyncio.sleep(0.1)

    outcomes = [await play(rig, cell_of(name), noticed=noticed) for name in JUMPS]
    assert all(outcome.fired for outcome in outcomes)
    assert [str(violation) for outcome in outcomes for violation in outcome.violations] == []
    assert {outcome.ended for outcome in outcomes} == {"completed"}


async def test_a_damaged_item_costs_its_own_session_only(rig: Rig) -> None:
    await rig.whole()
    chosen = [cell for cell in damages.cells() if cell.name in DAMAGED]
    suffered = await asyncio.gather(*(damages.play(rig, cell, number) for number, cell in enumerate(chosen)))
    assert len(chosen) == len(DAMAGED)
    assert all(each.changed for each in suffered)
    assert [str(violation) for each in suffered for violation in each.violations] == []


async def test_what_a_newer_version_has_stored_is_carried_along(rig: Rig) -> None:
    await rig.whole()
    talker = Talker(rig)
    async with talker.client:
        await talker.ended(await talker.say(short(talker.next_ref())))
        await asyncio.to_thread(rig.items.renew, talker.talk.ref)
        said = await talker.ended(await talker.say(paying(talker.next_ref())))
        assert check(await talker.close()) == []
    assert said.outcome == "completed"
    for kind in ("session", "hologram#"):
        assert "of_the_future" in await asyncio.to_thread(rig.items.attributes, talker.talk.ref, kind)


async def test_runs_come_to_their_end_while_storage_queue_and_world_fail(rig: Rig) -> None:
    await rig.whole()
    outcomes = await asyncio.gather(
        *(play(rig, cell_of(name), number) for number, name in enumerate(AT_ONCE))
    )
    assert all(outcome.fired for outcome in outcomes)
    assert [str(violation) for outcome in outcomes for violation in outcome.violations] == []
    assert {outcome.ended for outcome in outcomes} == {"completed"}

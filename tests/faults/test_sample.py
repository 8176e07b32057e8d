"""A sample of the fault matrix; `make soak ARGS=--matrix` plays all of it."""

from __future__ import annotations

import asyncio

import pytest

from bench.soak.matrix import Cell, cells, play
from bench.soak.rig import Rig

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.faults,
    pytest.mark.slow,
    pytest.mark.timeout(120),
]

MORTAL = [
    "kill after tool.pay: the payment is made",
    "freeze before journal.begin_call: the payment is begun",
]
AT_ONCE = [
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


async def test_runs_come_to_their_end_while_storage_queue_and_world_fail(rig: Rig) -> None:
    await rig.whole()
    outcomes = await asyncio.gather(
        *(play(rig, cell_of(name), number) for number, name in enumerate(AT_ONCE))
    )
    assert all(outcome.fired for outcome in outcomes)
    assert [str(violation) for outcome in outcomes for violation in outcome.violations] == []
    assert {outcome.ended for outcome in outcomes} == {"completed"}

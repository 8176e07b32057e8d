"""Deployments in the middle of a run: `make soak` makes one every 30 s under load."""

from __future__ import annotations

import asyncio
import threading

import pytest

from bench.soak.checker import check
from bench.soak.conversation import Talker, paying, short
from bench.soak.deploys import Deployments, deploy, successor
from bench.soak.events import EVERYTHING, Event
from bench.soak.faults import Fault
from bench.soak.handovers import HandOver, handovers
from bench.soak.rig import Rig, running_rig
from worker.runs.lost_worker_limit import LOST_WORKERS_LIMIT

WORKERS = ("worker-1", "worker-2")
HELD_SECONDS = 120.0
"""Only where the test itself has failed is a held request let go by the time."""


class Held:
    """The session's next request to the LLM, after `skip` others, does not reach it until it is let go."""

    def __init__(self, rig: Rig, ref: str, skip: int = 0) -> None:
        self._go_on = threading.Event()
        clients = (*WORKERS, *map(successor, WORKERS))
        hold = Fault("llm.request", "before", "delay", ref, skip=skip, clients=clients, deed=self._wait)
        self.fired = rig.proxy.arm(hold).fired

    def _wait(self, _: object) -> None:
        self._go_on.wait(HELD_SECONDS)

    def let_go(self) -> None:
        self._go_on.set()


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.faults
@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_deployments_lose_nothing_double_nothing_and_spend_no_attempt() -> None:
    async with running_rig() as rig:
        talker, beside, deployments = Talker(rig), Talker(rig, 1), Deployments()
        await talker.client.connect()
        held = Held(rig, talker.talk.ref, skip=1)
        said = await talker.say(paying(talker.next_ref()))
        for _ in range(LOST_WORKERS_LIMIT + 1):
            await asyncio.wait_for(held.fired.wait(), HELD_SECONDS)
            before, held = held, Held(rig, talker.talk.ref)
            deploying = asyncio.create_task(deploy(rig, deployments))
            await beside.ended(await beside.say(short(beside.next_ref())))
            await deploying
            before.let_go()
        await asyncio.wait_for(held.fired.wait(), HELD_SECONDS)
        held.let_go()
        await talker.ended(said)
        talk = await talker.close()
        assert check(talk) == check(await beside.close()) == []
    over = list(handovers(talk.events))
    assert said.outcome == "completed"
    assert talk.paid[said.script.ref] == 1
    assert len(over) == deployments.done == LOST_WORKERS_LIMIT + 1
    assert not any(each.is_spent for each in over)
    assert deployments.late == []


CLAIM = (1.0, "a", "applied", "runs.claim", "0")
STOP = (2.0, "a", "stop", EVERYTHING, "")


@pytest.mark.parametrize(
    ("happened", "expected"),
    [
        ([CLAIM, STOP, (3.0, "b", "applied", "runs.take_over", "0")], [HandOver(1.0, is_spent=False)]),
        ([CLAIM, STOP, (3.5, "b", "applied", "runs.take_over", "1")], [HandOver(1.5, is_spent=True)]),
        ([CLAIM, STOP, (2.5, "a", "applied", "runs.finish", "")], []),
        ([CLAIM, (2.0, "b", "stop", EVERYTHING, ""), (3.0, "c", "applied", "runs.take_over", "1")], []),
        ([CLAIM, STOP, (2.5, "a", "kill", EVERYTHING, ""), (9.0, "b", "applied", "runs.take_over", "1")], []),
        ([CLAIM, (1.5, "a", "kill", EVERYTHING, ""), STOP, (9.0, "b", "applied", "runs.take_over", "1")], []),
        ([(0.9, "a", "kill", EVERYTHING, ""), CLAIM, STOP, (9.0, "b", "applied", "runs.take_over", "1")], []),
        ([(1.0, "a", "unheard", "runs.claim", "0"), STOP, (9.0, "b", "applied", "runs.take_over", "1")], []),
        (
            [CLAIM, STOP, (2.5, "b", "ahead", EVERYTHING, ""), (3.0, "b", "applied", "runs.take_over", "1")],
            [],
        ),
    ],
)
def test_an_attempt_is_spent_by_a_deployment_when_nothing_else_befell_its_worker(
    happened: list[tuple[float, str, str, str, str]], expected: list[HandOver]
) -> None:
    events = [
        Event(at, client, crossing, what, frozenset(), detail)
        for at, client, what, crossing, detail in happened
    ]
    assert list(handovers(events)) == expected

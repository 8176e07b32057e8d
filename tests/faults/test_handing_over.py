"""A worker that is asked to stop hands its runs over at once, even if a tool takes longer than a lease lasts."""

from __future__ import annotations

import os
import signal

import pytest

from bench.soak.checker import check
from bench.soak.conversation import Talker, paying
from bench.soak.faults import Fault
from bench.soak.rig import Rig

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.faults,
    pytest.mark.slow,
    pytest.mark.timeout(120),
]


@pytest.mark.parametrize("crossing", ["", "runs.release", "queue.release"])
async def test_a_stopped_worker_hands_its_run_over_even_when_that_fails(rig: Rig, crossing: str) -> None:
    await rig.whole()
    talker = Talker(rig)
    await talker.client.connect()
    before = len(rig.proxy.history)
    fault = rig.proxy.arm(Fault(crossing or "none", "before", "error", talker.talk.ref, left=2))
    said = await talker.say(paying(talker.next_ref(), waits=(0, 6.0)))
    asked = await rig.until(lambda event: event.crossing == "llm.request" and event.detail == "1", before, 30)
    os.kill(rig.proxy.pids[asked.client], signal.SIGTERM)
    await talker.ended(said)
    rig.proxy.faults.remove(fault)
    talk = await talker.close()
    holders = [event.client for event in talk.events if event.crossing in {"runs.claim", "runs.take_over"}]
    assert said.outcome == "completed"
    assert len(holders) == 2
    assert check(talk) == []


async def test_a_tool_that_takes_longer_than_a_lease_is_called_once_by_one_worker(rig: Rig) -> None:
    await rig.whole()
    talker = Talker(rig)
    await talker.client.connect()
    script = paying(talker.next_ref())
    rig.world.slow[script.ref] = 7.0
    said = await talker.ended(await talker.say(script))
    talk = await talker.close()
    holders = [event.client for event in talk.events if event.crossing in {"runs.claim", "runs.take_over"}]
    assert said.outcome == "completed"
    assert len(holders) == 1
    assert talk.paid[script.ref] == talk.looked[script.ref] == 1
    assert check(talk) == []


@pytest.mark.parametrize(("crossing", "comes_back"), [("runs.claim", False), ("queue.extend", True)])
async def test_what_is_slower_than_a_message_is_hidden_runs_nothing_twice(
    rig: Rig, crossing: str, comes_back: bool
) -> None:
    """A message is kept hidden from its receipt, so it comes back only if the calls that keep it are slow."""
    await rig.whole()
    talker = Talker(rig)
    await talker.client.connect()
    ref = "" if crossing == "queue.extend" else talker.talk.ref
    often = (
        3 if crossing == "queue.extend" else 1
    )  # the first ones may be for a message of the session before
    slow = rig.proxy.arm(Fault(crossing, "before", "delay", ref, left=often, seconds=4.0))
    said = await talker.ended(await talker.say(paying(talker.next_ref(), waits=(0, 6.0))))
    talk = await talker.close()
    receives = [event for event in talk.events if event.crossing == "queue.receive"]
    assert slow.fired.is_set()
    assert said.outcome == "completed"
    assert (len(receives) > 1) is comes_back
    assert talk.paid[said.script.ref] == 1
    assert check(talk) == []

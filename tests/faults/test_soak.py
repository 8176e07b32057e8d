"""A short soak: some sessions, random faults, workers killed and frozen; `make soak` is the long one."""

from __future__ import annotations

import pytest

from bench.soak.load import soak
from bench.soak.plan import Plan
from bench.soak.rig import Rig

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

PLAN = Plan(
    minutes=3, messages=16, sessions=6, kill_seconds=3, jumps=0, damaged=0, process_faults=2, deploy_seconds=0
)


async def test_nothing_accepted_is_lost_doubled_or_stuck_under_random_faults(rig: Rig) -> None:
    """How soon a run goes on elsewhere is left to the long one: that depends on the machine."""
    await rig.whole()
    report = await soak(rig, PLAN)
    assert report.accepted >= PLAN.messages
    assert report.outcomes.total() == report.accepted
    assert report.process_faults.total() > 0
    assert report.unnamed == 0
    assert [str(each) for each in report.violations if each.clause != "takeover"] == []

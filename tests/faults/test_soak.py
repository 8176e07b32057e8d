"""A short soak: many sessions, random faults, workers killed; `make soak` is the long one."""

from __future__ import annotations

import pytest

from bench.soak.load import Plan, blow
from bench.soak.rig import Rig

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.faults,
    pytest.mark.slow,
    pytest.mark.timeout(150),
]


async def test_nothing_accepted_is_lost_doubled_or_stuck_under_random_faults(rig: Rig) -> None:
    await rig.whole()
    report = await blow(rig, Plan(minutes=0.25, messages=100, sessions=10, kill_seconds=6))
    assert report.accepted >= 20
    assert report.unnamed == 0
    assert [str(violation) for violation in report.violations] == []

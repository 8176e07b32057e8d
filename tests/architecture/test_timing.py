"""The inequalities between the times of a takeover, as sentences; `forge.models.timing` has the times."""

from __future__ import annotations

import pytest

from bench.soak.faults import FREEZE_SECONDS
from forge.models.timing import (
    CALL_MARGIN_MS,
    CLOCK_SKEW_MS,
    EXTEND_SECONDS,
    FIRST_EXTEND_SECONDS,
    HELD_RETRY_SECONDS,
    LEASE_MS,
    LOOK_SECONDS,
    PATIENCE_MS,
    RENEW_MS,
    SUSPECT_RETRY_SECONDS,
    TAKEOVER_GRACE_MS,
    TAKEOVER_P50_SECONDS,
    TAKEOVER_P99_SECONDS,
    TAKEOVER_SECONDS,
    VISIBILITY_SECONDS,
)
from forge.store.config import QUEUE_GRACE_MS
from worker.runs.control_poll import CONTROL_POLL_SECONDS

LEASE, RENEW = LEASE_MS / 1_000, RENEW_MS / 1_000
LEFT = (LEASE_MS - RENEW_MS) / 1_000
"""What is left of a lease when its renewal is due."""
KEPT_EVERY = EXTEND_SECONDS + LOOK_SECONDS
"""The longest time between the end of one call that keeps a message back and the beginning of the next one."""
SLOW_CALL, STALL, POLL = 1.5, 0.5, 0.2

SENTENCES = {
    "A lease outlives a write that takes a second and a half after the renewal was due.": LEFT >= SLOW_CALL,
    "An event loop that stands still for half a second costs no lease, even while a write takes a second.": (
        LEFT >= STALL + 1.0
    ),
    "A received message, whatever its run waits for, stays hidden, even if the first call that keeps it takes 1 s.": (
        VISIBILITY_SECONDS - (FIRST_EXTEND_SECONDS + LOOK_SECONDS) >= 1.0
    ),
    "A message that is kept back stays hidden, even if its call takes a second, or the loop stands still.": (
        max(1.0, STALL) <= VISIBILITY_SECONDS - KEPT_EVERY
    ),
    "A message that has come back finds less of a dead worker's lease left than a message is hidden for.": (
        LEASE - (VISIBILITY_SECONDS - KEPT_EVERY) < VISIBILITY_SECONDS
    ),
    "Half of the takeovers begin in time: each sign of life is half its period old when the worker dies.": (
        max(VISIBILITY_SECONDS - KEPT_EVERY / 2, LEASE - RENEW / 2) + POLL < TAKEOVER_P50_SECONDS
    ),
    "99 in 100 begin in time: no sign of life is older than its length, and one call may be repeated.": (
        max(VISIBILITY_SECONDS, LEASE) + POLL + 1.0 < TAKEOVER_P99_SECONDS
    ),
    "A takeover is in time even if another worker lives long enough to let it wait once.": (
        max(VISIBILITY_SECONDS, LEASE) + HELD_RETRY_SECONDS + POLL < TAKEOVER_SECONDS
    ),
    "A takeover is in time even if it is tried alone, after another one whose attempts were cut off at once.": (
        LEASE + RENEW + SUSPECT_RETRY_SECONDS + POLL < TAKEOVER_SECONDS
    ),
    "A call begins only while its worker would still have time to renew the lease.": (
        0 < CALL_MARGIN_MS < LEASE_MS - RENEW_MS
    ),
    "Whoever tries to renew a lease that is over gives up before the run may be sent to others anew.": (
        PATIENCE_MS < TAKEOVER_GRACE_MS
    ),
    "A run is not sent anew while its message is only hidden, or put back by whoever received it.": (
        TAKEOVER_GRACE_MS / 1_000 > VISIBILITY_SECONDS + HELD_RETRY_SECONDS
    ),
    "What is looked for at a stack's start, and was accepted just before, is due by then.": (
        LEASE_MS + TAKEOVER_GRACE_MS > QUEUE_GRACE_MS
    ),
    "A clock that is wrong by as much as is tolerated costs a takeover no more than the promise has room for.": (
        LEASE + CLOCK_SKEW_MS / 1_000 + POLL < TAKEOVER_SECONDS
    ),
    "The worker that the fault matrix freezes wakes up when everything it held is over.": (
        max(LEASE + PATIENCE_MS / 1_000, VISIBILITY_SECONDS) < FREEZE_SECONDS
    ),
    "A run hears of a stop sooner than it has to renew its lease.": CONTROL_POLL_SECONDS < RENEW,
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_times_hold_together(sentence: str) -> None:
    assert SENTENCES[sentence]

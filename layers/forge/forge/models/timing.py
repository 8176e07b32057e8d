"""The times that decide when a worker's death is noticed and its runs continue on another worker.

A run is taken over when two independent signs of life have stopped: its queue message, which the worker keeps
invisible, and its lease in the table, which each of its writes renews. The decision page
`2026-11-26-takeover-in-three-seconds` gives the reasons; `tests/architecture/test_timing.py` states and tests the
inequalities between these numbers.
"""

from __future__ import annotations

LEASE_MS = 3_300
"""A claim, and each later write of the run, extends the lease to this time from now."""
RENEW_MS = 1_800
"""A run that has written nothing for this long renews its lease and stores the text that is not stored yet."""
CALL_MARGIN_MS = 500
"""An LLM request or a tool call begins only if this much of the lease is left; otherwise the lease is renewed first."""
PATIENCE_MS = 5_000
"""After its lease has ended, a run still tries to renew it for this long, which succeeds until another worker claims
the run.
"""
CLOCK_SKEW_MS = 2_000
"""A lease counts even if it ends this much later than this computer's clock allows, because clocks differ."""

VISIBILITY_SECONDS = 3
"""Visibility timeout of a received message (also the queue's setting in `template.yaml`), and of each extension by
which a worker keeps a message invisible.
"""
LOOK_SECONDS = 0.5
"""Time between two checks of which messages are due for an extension."""
FIRST_EXTEND_SECONDS = 0.75
"""A message's first extension is due this long after it was received, also if its run still waits for its start or its
claim. Most runs that take less need no extension.
"""
EXTEND_SECONDS = 1.5
"""The next extension is due this long after the last call has ended."""

HELD_RETRY_SECONDS = 2
"""If another worker holds a message's run and renews its lease, the message becomes visible again after this time."""
SUSPECT_RETRY_SECONDS = 1
"""If a worker cannot hold a suspect run next to another one, the message becomes visible to every worker after this
time.
"""
TAKEOVER_GRACE_MS = 12_000
"""If a run's lease has ended this long ago, its queue message may be lost, and `recover_runs` sends another one."""

TAKEOVER_SECONDS = 10.0
"""The promise: the run of a lost worker continues within this time, provided that another worker can take it."""
TAKEOVER_P50_SECONDS, TAKEOVER_P99_SECONDS = 3.0, 5.0
"""The goal: of many such runs, half continue within the first time, and 99 of 100 within the second."""

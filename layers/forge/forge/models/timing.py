"""The times by which a worker's death is noticed and its runs go on elsewhere.

A run is taken over when two signs of life have stopped, each of which has a renewer of its own: its queue message,
which the worker keeps hidden, and its lease in the table, which each of its writes renews. The decision page
`2026-11-26-takeover-in-three-seconds` has the reasons, `tests/architecture/test_timing.py` what must hold between these
numbers, as sentences.
"""

from __future__ import annotations

LEASE_MS = 3_500
"""A claim, and each later write of the run, holds it for so long."""
RENEW_MS = 1_800
"""A run that has written nothing for so long renews its lease; what of its text is not stored goes along."""
CALL_MARGIN_MS = 500
"""So much of the lease must be left when an LLM request or a tool call begins; else it is renewed first."""
PATIENCE_MS = 5_000
"""A run tries to renew its lease for so long after the end of it: until somebody else claims the run, it may."""
CLOCK_SKEW_MS = 2_000
"""How far ahead another computer's clock may be for its lease to count."""

VISIBILITY_SECONDS = 3
"""A received message is hidden for so long (the queue's own setting, too, in `template.yaml`), and so is one that its
worker keeps back, from each such call on."""
LOOK_SECONDS = 0.5
"""Between two looks at which messages are due to be kept back."""
FIRST_EXTEND_SECONDS = 0.75
"""A message is due so long after it was received: most runs that take less need no call."""
EXTEND_SECONDS = 1.5
"""A message is due again so long after the end of the last call."""

HELD_RETRY_SECONDS = 2
"""A message whose run another worker holds, and renews, comes back after so long."""
SUSPECT_RETRY_SECONDS = 1
"""A suspect run that its worker cannot hold beside another one comes back after so long, to whichever worker asks."""
TAKEOVER_GRACE_MS = 12_000
"""A run whose lease is over for so long may have no queue message any more: `recover_runs` sends it another one."""

TAKEOVER_SECONDS = 10.0
"""The promise: a lost worker's run goes on elsewhere within so long, while another worker is there to take it."""
TAKEOVER_P50_SECONDS, TAKEOVER_P99_SECONDS = 3.0, 5.0
"""What is aimed at: of many such runs, half go on within the first time, 99 in 100 within the second."""

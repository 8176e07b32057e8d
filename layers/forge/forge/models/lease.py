"""How long a lease counts."""

from __future__ import annotations

LEASE_MS = 6_000
CLOCK_SKEW_MS = 2_000
"""How far ahead another computer's clock may be for its lease to count."""


def is_held(lease_until: int, now: int) -> bool:
    """A lease that ends further ahead than a lease is long was written by a clock that is wrong: it does not count."""
    return now <= lease_until <= latest_end(now)


def latest_end(now: int) -> int:
    return now + LEASE_MS + CLOCK_SKEW_MS

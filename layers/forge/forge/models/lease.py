"""How long a lease counts."""

from __future__ import annotations

from forge.models.timing import CLOCK_SKEW_MS, LEASE_MS


def is_held(lease_until: int, now: int) -> bool:
    """A lease that ends further ahead than a lease is long was written by a clock that is wrong: it does not count."""
    return now <= lease_until <= latest_end(now)


def latest_end(now: int) -> int:
    return now + LEASE_MS + CLOCK_SKEW_MS

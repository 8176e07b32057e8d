"""How long a lease is valid."""

from __future__ import annotations

from forge.models.timing import CLOCK_SKEW_MS, LEASE_MS


def is_held(lease_until: int, now: int) -> bool:
    """Return whether the lease is valid. One that ends further ahead than the length of a lease comes from a wrong
    clock and is not.
    """
    return now <= lease_until <= latest_end(now)


def latest_end(now: int) -> int:
    return now + LEASE_MS + CLOCK_SKEW_MS

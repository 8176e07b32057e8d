"""How long a lease is valid, and from when on its run counts as lost."""

from __future__ import annotations

from forge.models.timing import CLOCK_SKEW_MS, LEASE_MS, TAKEOVER_GRACE_MS


def is_held(lease_until: int, now: int) -> bool:
    """Return whether the lease is valid. One that ends further ahead than the length of a lease comes from a wrong
    clock and is not.
    """
    return now <= lease_until <= latest_end(now)


def latest_end(now: int) -> int:
    return now + LEASE_MS + CLOCK_SKEW_MS


def is_lost(lease_until: int, now: int) -> bool:
    """Return whether nobody has taken the run over for so long that its queue message must have been lost, too. A
    lease from a wrong clock ends too far ahead to be waited for.
    """
    return lease_until > latest_end(now) or lease_until + TAKEOVER_GRACE_MS < now

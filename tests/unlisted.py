"""Counts the distinct members of a kind that generators have tried beyond the reported rows.

A property test calls `tried(kind, member)` for each member it makes. The number for each kind is printed at the end
of the session, even if the tests ran in several processes.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict

_DIGEST_BYTES = 8

_tried: dict[str, set[str]] = defaultdict(set)


def tried(kind: str, member: object) -> None:
    """Counts `member` once; two members are the same if their `repr` is."""
    _tried[kind].add(hashlib.blake2b(repr(member).encode(), digest_size=_DIGEST_BYTES).hexdigest())


def recorded() -> dict[str, list[str]]:
    """The digests of what this process tried, by kind: what a process of `make test` hands to the first one."""
    return {kind: sorted(digests) for kind, digests in _tried.items()}


def add(others: dict[str, list[str]]) -> None:
    """Takes in what another process recorded."""
    for kind, digests in others.items():
        _tried[kind].update(digests)


def lines() -> list[str]:
    """One line for each kind, sorted by name."""
    return [f"{kind}: {len(digests)} distinct unlisted members" for kind, digests in sorted(_tried.items())]

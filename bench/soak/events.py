"""The history that the proxy writes and the checker reads."""

from __future__ import annotations

from dataclasses import dataclass

EVERYTHING = "*"
"""The crossing of faults that affect a whole process."""


@dataclass(frozen=True, slots=True)
class Event:
    """What happened at a crossing."""

    at: float
    """The time, in seconds of the monotonic clock."""
    client: str
    """The process that sent the request."""
    crossing: str
    """The request's purpose."""
    what: str
    """`asked`, `applied`, or the fault's kind. `unheard`: applied, but its sender was dead or frozen by then."""
    refs: frozenset[str]
    """The references of the messages that the request is about."""
    detail: str = ""
    """A further remark; empty if there is none."""

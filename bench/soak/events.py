"""The history that the proxy writes and the checker reads."""

from __future__ import annotations

from dataclasses import dataclass

EVERYTHING = "*"
"""The crossing of faults that affect a whole process."""


@dataclass(frozen=True, slots=True)
class Event:
    """What happened at a crossing. `what`: `asked`, `applied`, or the fault's kind. `at`: monotonic seconds.

    `unheard`: the request was applied, but its sender was dead or frozen by then.
    """

    at: float
    client: str
    crossing: str
    what: str
    refs: frozenset[str]
    detail: str = ""

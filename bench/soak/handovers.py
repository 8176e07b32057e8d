"""What becomes of a run whose worker is told to stop, read from one session's events."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from bench.soak.events import Event

_CLAIMS = frozenset({"runs.claim", "runs.take_over"})
_BLOWS = frozenset({"kill", "freeze", "ahead", "behind"})


@dataclass(frozen=True, slots=True)
class HandOver:
    """`seconds` from SIGTERM until another worker claimed the run. `is_spent`: an attempt was counted against it."""

    seconds: float
    is_spent: bool


@dataclass(slots=True)
class _Held:
    """The run in progress: who holds it, how many attempts count against it, and when its holder was told to stop."""

    holder: str
    strikes: int
    stopped_at: float = 0


def handovers(events: Sequence[Event]) -> Generator[HandOver]:
    """A worker that something else befalls after it was told to stop is not counted: it may be that which it spends."""
    held: _Held | None = None
    for event in events:
        if held and event.client == held.holder:
            if event.what == "stop":
                held.stopped_at = event.at
            if event.what in _BLOWS:
                held.stopped_at = 0
        if event.what not in {"applied", "unheard"}:
            continue
        if event.crossing in _CLAIMS:
            strikes = int(event.detail or 0)
            if held and held.stopped_at:
                yield HandOver(event.at - held.stopped_at, strikes > held.strikes)
            held = _Held(event.client, strikes)
        if event.crossing == "runs.finish":
            held = None

"""What happens to a run whose worker is told to stop, read from one session's events."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from bench.soak.events import Event
from bench.soak.faults import FREEZE_SECONDS

_CLAIMS = frozenset({"runs.claim", "runs.take_over"})
_JUMPS = frozenset({"ahead", "behind"})
_PROCESS_FAULTS = frozenset({"kill", "freeze", *_JUMPS})
_JUMP_SECONDS = FREEZE_SECONDS + 1.0
"""How far a worker's clock may be wrong, so that another worker's lease seems to have ended."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """A run that one worker has handed to another."""

    seconds: float
    """The seconds from SIGTERM until another worker claimed the run."""
    is_spent: bool
    """True if an attempt was counted against the run."""


@dataclass(slots=True)
class _Held:
    """The run in progress: its holder, the attempts that count against it, and when its holder was told to stop.

    `has_other_fault`: another fault has affected the holder, which may be the reason for a counted attempt.
    """

    holder: str
    strikes: int
    has_other_fault: bool
    stopped_at: float = 0


class _WorkerFaults:
    """Faults of workers other than being told to stop."""

    def __init__(self) -> None:
        self._dead: set[str] = set()
        self._jumped: dict[str, float] = {}

    def note(self, event: Event) -> None:
        if event.what == "kill":
            self._dead.add(event.client)
        if event.crossing == "queue.receive":
            self._dead.discard(event.client)
        if event.what in _JUMPS:
            self._jumped[event.client] = event.at

    def has_wrong_clock(self, event: Event) -> bool:
        return event.at - self._jumped.get(event.client, -_JUMP_SECONDS) < _JUMP_SECONDS

    def is_lost(self, event: Event) -> bool:
        """The worker that claims here is not running any more, or its clock is wrong."""
        return event.what == "unheard" or event.client in self._dead or self.has_wrong_clock(event)


def handovers(events: Sequence[Event]) -> Generator[HandOver]:
    """Count only handovers from workers without another fault to workers whose clock is right."""
    held: _Held | None = None
    worker_faults = _WorkerFaults()
    for event in events:
        worker_faults.note(event)
        if held and event.client == held.holder:
            if event.what == "stop":
                held.stopped_at = event.at
            held.has_other_fault |= event.what in _PROCESS_FAULTS
        if event.what not in {"applied", "unheard"}:
            continue
        if event.crossing in _CLAIMS:
            strikes = int(event.detail or 0)
            if (
                held
                and held.stopped_at
                and not held.has_other_fault
                and not worker_faults.has_wrong_clock(event)
            ):
                yield HandOver(event.at - held.stopped_at, strikes > held.strikes)
            held = _Held(event.client, strikes, worker_faults.is_lost(event))
        if event.crossing == "runs.finish":
            held = None

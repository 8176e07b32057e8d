"""When a run lost its worker, and how soon another one claimed it, read from one session's events."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from bench.soak.events import Event

_CLAIMS = frozenset({"runs.claim", "runs.take_over"})
_ENDS = frozenset({"runs.finish", "runs.release"})


@dataclass(frozen=True, slots=True)
class Loss:
    """The loss of the worker that held a run."""

    at: float
    """The time, in seconds of the monotonic clock."""
    seconds: float | None
    """The seconds until another attempt was claimed; None: no other attempt was needed."""


def losses(events: Sequence[Event]) -> Generator[Loss]:
    """If the worker to which the run's message is delivered is lost as well, the message is invisible once more,
    which begins another loss. So does a claim whose worker was dead when it took effect.
    """
    holder, receiver, lost_at = "", "", 0.0
    for event in events:
        match event.what:
            case "kill" | "freeze" if holder and event.client == (receiver if lost_at else holder):
                lost_at, receiver = event.at, ""
            case "unheard" | "applied" if event.crossing in _CLAIMS:
                if lost_at:
                    yield Loss(lost_at, event.at - lost_at)
                holder, receiver = event.client, ""
                lost_at = event.at if event.what == "unheard" else 0.0
            case "unheard" if lost_at:
                lost_at, receiver = event.at, ""
            case "applied" if event.crossing in _ENDS:
                if lost_at:
                    yield Loss(lost_at, None)
                holder, receiver, lost_at = "", "", 0.0
            case "applied" if event.crossing == "queue.receive":
                receiver = event.client
            case _:
                pass
    if lost_at:
        yield Loss(lost_at, None)

"""What the worker measures of its runs."""

from __future__ import annotations

from dataclasses import dataclass

from forge.models.run import Outcome
from forge.observability import Metric, Unit, emit_all

SERVICE = "worker"

_ENDS: dict[Outcome, Metric] = {
    "completed": "RunsCompleted",
    "failed": "RunsFailed",
    "interrupted": "RunsInterrupted",
    "waiting": "RunsWaiting",
}


@dataclass(frozen=True, slots=True)
class RunFigures:
    """What is said of a run at its end. Milliseconds; `waited_ms` and `first_text_ms` since it was accepted."""

    outcome: Outcome
    waited_ms: int
    run_ms: int
    first_text_ms: int | None
    tokens: int


class Metrics:
    """`enabled` false: none are written."""

    def __init__(self, *, enabled: bool) -> None:
        self._enabled = enabled

    def takeover(self) -> None:
        self._emit(("Takeovers", 1, "Count"))

    def put_back(self) -> None:
        self._emit(("RunsPutBack", 1, "Count"))

    def session_unreadable(self) -> None:
        self._emit(("ItemsUnreadable", 1, "Count"))

    def run_ended(self, figures: RunFigures) -> None:
        measured: list[tuple[Metric, float, Unit]] = [
            (_ENDS[figures.outcome], 1, "Count"),
            ("QueueWait", figures.waited_ms, "Milliseconds"),
            ("RunSeconds", figures.run_ms / 1_000, "Seconds"),
            ("Tokens", figures.tokens, "Count"),
        ]
        if figures.first_text_ms is not None:
            measured.append(("TimeToFirstToken", figures.first_text_ms, "Milliseconds"))
        self._emit(*measured)

    def loop_lag(self, seconds: float) -> None:
        """How late the event loop was at its worst since the last time."""
        self._emit(("LoopLag", seconds * 1_000, "Milliseconds"))

    def process(self, runs: int, memory: int) -> None:
        """`memory`: bytes resident."""
        self._emit(("WorkerRuns", runs, "Count"), ("WorkerMemory", memory, "Bytes"))

    def _emit(self, *measured: tuple[Metric, float, Unit]) -> None:
        if self._enabled:
            emit_all(SERVICE, *measured)

"""What the worker measures of its runs."""

from __future__ import annotations

from dataclasses import dataclass

from forge.models.run import Outcome
from forge.observability import Metric, Unit, emit

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
        self._emit("Takeovers")

    def put_back(self) -> None:
        self._emit("RunsPutBack")

    def session_unreadable(self) -> None:
        self._emit("ItemsUnreadable")

    def run_ended(self, figures: RunFigures) -> None:
        self._emit(_ENDS[figures.outcome])
        self._emit("QueueWait", figures.waited_ms, "Milliseconds")
        self._emit("RunSeconds", figures.run_ms / 1_000, "Seconds")
        self._emit("Tokens", figures.tokens)
        if figures.first_text_ms is not None:
            self._emit("TimeToFirstToken", figures.first_text_ms, "Milliseconds")

    def loop_lag(self, seconds: float) -> None:
        """How late the event loop was at its worst since the last time."""
        self._emit("LoopLag", seconds * 1_000, "Milliseconds")

    def process(self, runs: int, memory: int) -> None:
        """`memory`: bytes resident."""
        self._emit("WorkerRuns", runs)
        self._emit("WorkerMemory", memory, "Bytes")

    def _emit(self, metric: Metric, value: float = 1, unit: Unit = "Count") -> None:
        if self._enabled:
            emit(SERVICE, metric, value, unit)

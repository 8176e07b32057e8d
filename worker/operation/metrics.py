"""The worker's measurements of its runs."""

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
    """The figures of a run at its end, in milliseconds. `waited_ms` and `first_text_ms` count from the time of
    acceptance.
    """

    outcome: Outcome
    waited_ms: int
    run_ms: int
    first_text_ms: int | None
    tokens: int


class Metrics:
    """With `enabled` false no metrics are written."""

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
        """The largest lateness of the event loop since the last report."""
        self._emit(("LoopLag", seconds * 1_000, "Milliseconds"))

    def process(self, runs: int, memory: int) -> None:
        """`memory`: resident bytes."""
        self._emit(("WorkerRuns", runs, "Count"), ("WorkerMemory", memory, "Bytes"))

    def _emit(self, *measured: tuple[Metric, float, Unit]) -> None:
        if self._enabled:
            emit_all(SERVICE, *measured)

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
    """The figures of a run at its end."""

    outcome: Outcome
    """How the run ended."""
    waited_ms: int
    """The milliseconds from the acceptance of the message to the beginning of the run."""
    run_ms: int
    """The milliseconds from the beginning of the run to its end."""
    first_text_ms: int | None
    """The milliseconds from the acceptance to the first text; None if there was no text."""
    tokens: int
    """The tokens of all LLM requests, sent and received."""


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

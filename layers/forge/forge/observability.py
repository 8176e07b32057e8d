"""Logs and metrics: JSON lines on standard output, which CloudWatch reads. They hold ids and sizes, never contents.

Modules log through the standard `logging` with a constant message and `extra` fields; this module sets the format.
Several invocations may run at once in one process (local_dev), so the data of one invocation is kept in context
variables; Powertools' formatter and metrics class would share it between them.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, Literal

from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter, set_context_keys
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

NAMESPACE = "forge"
_LOGGERS = ("forge", "functions", "worker", "fastmcp", "opentelemetry")

Metric = Literal[
    "ConnectionsOpened",
    "ConnectionsRefused",
    "ItemsUnreadable",
    "LoopLag",
    "MessagesAccepted",
    "QueueWait",
    "RateLimited",
    "RunSeconds",
    "RunsCompleted",
    "RunsExpired",
    "RunsFailed",
    "RunsInterrupted",
    "RunsPutBack",
    "RunsRecovered",
    "RunsWaiting",
    "SessionsAdopted",
    "SessionsCreated",
    "SessionsExpired",
    "Takeovers",
    "TimeToFirstToken",
    "Tokens",
    "UnexpectedErrors",
    "WorkerMemory",
    "WorkerRuns",
]
GAUGES: frozenset[Metric] = frozenset({"LoopLag", "WorkerMemory", "WorkerRuns"})
"""Metrics whose value is a current state (a gauge). The values of all others are summed."""
Unit = Literal["Count", "Milliseconds", "Seconds", "Bytes"]

TEXT_LIMIT = 500
"""Maximum characters of an error's text, where error texts are logged at all."""

_shows_texts = False
_metrics: ContextVar[EphemeralMetrics | None] = ContextVar("metrics", default=None)


class _StandardOutput(logging.Handler):
    """Write to what `sys.stdout` is at the moment of writing, one line for each record.

    A line that cannot be written is dropped and counted, because a failure of logging must not fail the work that is
    logged. The next line that can be written says how many are missing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.dropped = 0

    def emit(self, record: logging.LogRecord) -> None:
        with self.telling():
            text = self.format(_without_trace(record))
            if self.dropped:
                text = (
                    f'{{"level":"WARNING","message":"log lines were dropped","lines":{self.dropped}}}\n{text}'
                )
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
            self.dropped = 0

    @contextmanager
    def telling(self) -> Generator[None]:
        try:
            yield
        except Exception:  # noqa: BLE001 - a line that cannot be formatted must not fail the work it describes
            self.dropped += 1


_output = _StandardOutput()


def _without_trace(record: logging.LogRecord) -> logging.LogRecord:
    """Log the type of an error and the places in its traceback, because a library's traceback has many lines that
    contain texts.
    """
    if record.exc_info and record.exc_info[1]:
        record.__dict__.update(error_fields(record.exc_info[1]))
    record.exc_info = record.exc_text = None
    return record


@cache
def configure_logging(service: str) -> LambdaPowertoolsFormatter:
    """Write the logs of our packages to standard output as JSON lines; the level is `POWERTOOLS_LOG_LEVEL`. A level
    that does not exist must not end a function's call: it is INFO, and a line says so.
    """
    formatter = LambdaPowertoolsFormatter(service=service)
    _output.setFormatter(formatter)
    named = os.environ.get("POWERTOOLS_LOG_LEVEL") or "INFO"
    level = logging.getLevelNamesMapping().get(named.upper())
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO if level is None else level)
        logger.handlers = [_output]
        logger.propagate = False
    if level is None:
        logging.getLogger(__name__).warning("log level not known", extra={"named": named[:40]})
    return formatter


@contextmanager
def invocation(**fields: str | None) -> Generator[None]:
    """Observe one call of a function: each of its log lines has `fields`; its metrics are written at its end."""
    formatter = configure_logging(NAMESPACE)
    formatter.thread_safe_clear_keys()
    log_fields(**fields)
    collected = EphemeralMetrics(namespace=_namespace(), service=NAMESPACE)
    token = _metrics.set(collected)
    try:
        yield
    finally:
        _metrics.reset(token)
        _write(collected)
        formatter.thread_safe_clear_keys()


def log_fields(**fields: str | None) -> None:
    """Add fields to every further log line of this invocation or task; `correlation_id` is the run's id, if any."""
    known: dict[str, Any] = {name: value for name, value in fields.items() if value is not None}
    set_context_keys(**known)


def record(metric: Metric, value: float = 1) -> None:
    """Add a value to the current invocation's metrics. Outside an invocation nothing is recorded."""
    if collected := _metrics.get():
        collected.add_metric(metric, MetricUnit.Count, value)


def emit_all(service: str, *measured: tuple[Metric, float, Unit]) -> None:
    """Write metrics at once, for a process that has no invocations. Metrics that belong together come in one line,
    because log lines are billed by their length.
    """
    collected = EphemeralMetrics(namespace=_namespace(), service=service)
    for metric, value, unit in measured:
        collected.add_metric(metric, MetricUnit(unit), value)
    _write(collected)


def _namespace() -> str:
    """Each deployment has its own namespace, so that its alarms do not count the metrics of another deployment."""
    return os.environ.get("POWERTOOLS_METRICS_NAMESPACE") or NAMESPACE


def run_fields(run_id: str, **more: str | int) -> dict[str, str | int]:
    """Return the fields that each log line of a run has, outside of an invocation's context."""
    return {"correlation_id": run_id, "run_id": run_id, **more}


def show_error_texts() -> None:
    """Log the texts of errors too. Use this only on a developer's own computer, because the texts may contain users'
    words.
    """
    global _shows_texts
    _shows_texts = True


def error_fields(error: BaseException) -> dict[str, Any]:
    """Return the type and place of an error. Its text is left out unless asked for, because libraries put users'
    input into it.
    """
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    fields: dict[str, Any] = {
        "error": type(error).__name__,
        "frames": [f"{os.path.basename(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames],
    }
    return {**fields, "error_text": str(error)[:TEXT_LIMIT]} if _shows_texts else fields


def _write(collected: EphemeralMetrics) -> None:
    if collected.metric_set:
        with _output.telling():
            collected.flush_metrics()
            sys.stdout.flush()

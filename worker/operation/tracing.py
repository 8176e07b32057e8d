"""The spans of a run (OpenTelemetry), from the accepted message to the last frame, with all attempts in one trace.

The trace is that of the caller's `traceparent`. Without one, its id is the run's id, so every worker and every reader
of logs knows it. The functions write their times into the run and its queue message, and the worker records the
functions' spans with its own, so no function imports or calls anything for tracing.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from forge.models.run import RunMessage
from forge.models.work import Lease
from forge.ports.clock import Clock
from forge.ports.connections import AsyncConnections
from worker.operation.metrics import RunFigures
from worker.operation.run_trace import origin_of

if TYPE_CHECKING:
    from pydantic_ai.capabilities import AbstractCapability

    from worker.operation.span_export import SpanExport


@dataclass
class Tally:
    """What was pushed for one run."""

    frames: int = 0
    """The number of frames."""
    bytes: int = 0
    """The bytes of all frames."""
    first_at: int = 0
    """The time of the first frame, in epoch milliseconds; 0 before it."""
    last_at: int = 0
    """The time of the newest frame, in epoch milliseconds; 0 before the first one."""


@dataclass
class CountedConnections:
    """Counts what is posted to the connections of one session, for that session's newest run."""

    wrapped: AsyncConnections
    """Posts the frames."""
    clock: Clock
    """The time in epoch milliseconds."""
    tally: Tally = field(default_factory=Tally)
    """The counts of the session's newest run."""

    async def post(self, connection_id: str, frame: bytes) -> None:
        await self.wrapped.post(connection_id, frame)
        tally, now = self.tally, self.clock()
        tally.frames, tally.bytes = tally.frames + 1, tally.bytes + len(frame)
        tally.first_at, tally.last_at = tally.first_at or now, now


class Tracing:
    """With `export` None nothing is recorded, and nothing of the SDK is imported."""

    def __init__(self, export: SpanExport | None = None, clock: Clock = lambda: 0, ratio: float = 1) -> None:
        self._export, self._clock, self._ratio = export, clock, ratio
        self._tracer = export.tracer if export else trace.NoOpTracer()

    @property
    def is_on(self) -> bool:
        return self._export is not None

    def capabilities(self) -> list[AbstractCapability[Any]]:
        """The capability that adds the spans of the agent, the LLM and the tools."""
        return self._export.capabilities() if self._export else []

    async def close(self) -> None:
        if self._export:
            await self._export.close()

    def claimed(self, lease: Lease, message: RunMessage) -> None:
        """Record, once, how the run came to this worker. The duration of accepting is known when the run's own
        message has come.
        """
        if self._export is None or lease.attempt > 1:
            return
        accepted_at, origin = lease.run.submission.created_at, origin_of(lease, self._ratio)
        sent_at = message.sent_at if message.run_id == lease.run_id else 0
        waiting_from = max(accepted_at, sent_at)
        self._export.accepted(origin, {"forge.run_id": lease.run_id}, accepted_at, waiting_from)
        waited = self._tracer.start_span(
            "queue",
            origin.context,
            SpanKind.CONSUMER,
            {"messaging.system": "aws_sqs", "messaging.operation.type": "receive"},
            start_time=_ns(waiting_from),
        )
        waited.end(_ns(max(waiting_from, self._clock())))

    @contextmanager
    def attempt(self, lease: Lease) -> Generator[Span]:
        """Open the span of one attempt, which contains everything within the block."""
        if self._export is None:
            yield trace.INVALID_SPAN
            return
        attributes = {
            "messaging.operation.type": "process",
            "forge.run_id": lease.run_id,
            "forge.attempt": lease.attempt,
            "forge.session_digest": lease.key.digest,
        }
        with self._tracer.start_as_current_span(
            "run",
            origin_of(lease, self._ratio).context,
            SpanKind.CONSUMER,
            attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield span
            except BaseException as error:
                _mark_failed(span, error)
                raise

    def counted(self, connections: AsyncConnections) -> AsyncConnections:
        return CountedConnections(connections, self._clock) if self.is_on else connections

    def pushing(self, connections: AsyncConnections) -> Callable[[], None]:
        """Count what is pushed from now on. The returned function records the counts in the span of the current run."""
        if not isinstance(connections, CountedConnections):
            return _nothing
        context = trace.set_span_in_context(trace.get_current_span())
        tally = connections.tally = Tally()
        return lambda: self._pushed(context, tally)

    def _pushed(self, context: Context, tally: Tally) -> None:
        if not tally.frames:
            return
        counts = {"forge.push.frames": tally.frames, "forge.push.bytes": tally.bytes}
        span = self._tracer.start_span(
            "push", context, SpanKind.PRODUCER, counts, start_time=_ns(tally.first_at)
        )
        span.end(_ns(tally.last_at))


def tell_end(figures: RunFigures, error: BaseException | None) -> None:
    """Record the run's end in the current span."""
    span = trace.get_current_span()
    span.set_attributes({"forge.outcome": figures.outcome, "forge.tokens": figures.tokens})
    if figures.first_text_ms is not None:
        span.set_attribute("forge.first_text_ms", figures.first_text_ms)
    if error:
        _mark_failed(span, error)


def _mark_failed(span: Span, error: BaseException) -> None:
    """Record only the kind of the error, because its text may contain what a person wrote."""
    span.set_attribute("error.type", type(error).__name__)
    span.set_status(Status(StatusCode.ERROR))


def _ns(milliseconds: int) -> int:
    return milliseconds * 1_000_000


def _nothing() -> None:
    pass

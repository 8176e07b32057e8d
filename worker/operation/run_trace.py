"""The trace of a run: its id, its parents, and whether its spans are recorded."""

from __future__ import annotations

from dataclasses import dataclass

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from forge.models.trace import read_traceparent
from forge.models.work import Lease

_SPAN_DIGITS = 16
_SHARE_DIGITS = 12
"""Digits of a run's id that decide whether its spans are recorded. Ids are random, and every worker decides alike."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The parents of a run's spans."""

    accept: SpanContext
    """The span of the run's acceptance."""
    caller: SpanContext | None
    """The caller's span; None without a `traceparent`."""

    @property
    def context(self) -> Context:
        return trace.set_span_in_context(NonRecordingSpan(self.accept))


def origin_of(lease: Lease, ratio: float) -> Origin:
    """A caller may ask for fewer spans than `ratio` (an unsampled `traceparent`), but never for more."""
    parent = read_traceparent(lease.run.submission.trace)
    is_sampled = is_chosen(lease.run_id, ratio) and (parent is None or parent.is_sampled)
    flags = TraceFlags(TraceFlags.SAMPLED if is_sampled else TraceFlags.DEFAULT)
    trace_id = int(parent.trace_id if parent else lease.run_id, 16)
    accept = SpanContext(trace_id, int(lease.run_id[:_SPAN_DIGITS], 16), is_remote=True, trace_flags=flags)
    if parent is None:
        return Origin(accept, None)
    return Origin(accept, SpanContext(trace_id, int(parent.span_id, 16), is_remote=True, trace_flags=flags))


def is_chosen(run_id: str, ratio: float) -> bool:
    return int(run_id[-_SHARE_DIGITS:], 16) < ratio * 16**_SHARE_DIGITS

"""W3C trace context: the caller's `traceparent`."""

from __future__ import annotations

import re
from typing import NamedTuple

_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")
_SAMPLED = 1


class TraceParent(NamedTuple):
    """The trace and the span of the caller."""

    trace_id: str
    """The trace's id, in hexadecimal."""
    span_id: str
    """The span's id, in hexadecimal."""
    is_sampled: bool
    """Whether the caller records its spans."""


def read_traceparent(header: str) -> TraceParent | None:
    """Return None for a header that is not well-formed or has an unknown version."""
    found = _TRACEPARENT.fullmatch(header)
    return TraceParent(found[1], found[2], bool(int(found[3], 16) & _SAMPLED)) if found else None

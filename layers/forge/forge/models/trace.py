"""W3C trace context: the `traceparent` of whoever called."""

from __future__ import annotations

import re
from typing import NamedTuple

_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")
_SAMPLED = 1


class TraceParent(NamedTuple):
    """The trace and the span in which a call was made, in hexadecimal; `is_sampled`: its spans are recorded."""

    trace_id: str
    span_id: str
    is_sampled: bool


def read_traceparent(header: str) -> TraceParent | None:
    """None for a header that is not well-formed, or of a version that this one does not know."""
    found = _TRACEPARENT.fullmatch(header)
    return TraceParent(found[1], found[2], bool(int(found[3], 16) & _SAMPLED)) if found else None

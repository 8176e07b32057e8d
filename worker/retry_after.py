"""How long nodes and web services want callers to wait: their `Retry-After` header."""

from __future__ import annotations

LIMITED_SECONDS = 1.0
"""The least pause after "too many requests" without that header. Most limits count the requests of each second, so all
attempts within that second are refused.
"""


def seconds_of(header: str | None) -> float | None:
    """Return None for a date, and for digits that are not ASCII, because some of them are not numbers."""
    return float(header) if header is not None and header.isascii() and header.isdigit() else None

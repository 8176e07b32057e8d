"""The `Retry-After` header of nodes and web services."""

from __future__ import annotations


def seconds_of(header: str | None) -> float | None:
    """Return None for a date, and for digits that are not ASCII, because some of them are not numbers."""
    return float(header) if header is not None and header.isascii() and header.isdigit() else None

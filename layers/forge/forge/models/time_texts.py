"""Times as clients see them."""

from __future__ import annotations

from datetime import UTC, datetime


def rfc3339(milliseconds: int) -> str:
    """Format as `2026-11-22T18:58:03.120Z`."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def clock_time(milliseconds: int) -> str:
    """Format as `HH:MM:SS +00:00`, the older clients' timestamp, always in UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%H:%M:%S +00:00")

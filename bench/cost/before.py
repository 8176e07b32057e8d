"""The bill of commit dcccb7f, as it was counted then (six turns of one session in Chromium, a reload after each).

Dollars of a million turns. The figures stay as they were written down, because there was no counter then.
"""

from __future__ import annotations

from collections.abc import Mapping

COMMIT = "dcccb7f"
BEFORE: Mapping[str, Mapping[str, float]] = {
    "turn": {
        "WebSocket frames": 90.0,
        "table, writes": 44.4,
        "table, reads": 6.9,
        "queue": 6.5,
        "worker on Fargate": 3.5,
        "CloudFront, bytes": 2.8,
        "HTTP API, functions, CloudFront requests, connection, logs": 5.2,
    },
    "expiry": {"table, writes": 8.1},
    "reload": {"CloudFront, requests": 72.0, "CloudFront, bytes": 3.7, "everything else": 10.3},
}
FRAMES = 90
"""86 frames with text and 4 with the state."""

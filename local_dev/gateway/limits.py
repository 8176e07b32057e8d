"""API Gateway's limits, enforced here so that a client that violates them fails on a laptop already."""

from __future__ import annotations

from dataclasses import dataclass

MANAGEMENT_PATH = "/_aws/ws"
"""The path of `@connections` on the local server."""
SOCKET_PATH = "/ws"
IDLE_SECONDS = 600.0
LIFETIME_SECONDS = 7200.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes and seconds."""

    http_body: int = 10 * 1024 * 1024
    integration: float = 29.0
    stranger_pause: float = 0.1
    """How long a frame of another computer's user keeps its place among those of its connection. AWS has no such
    limit.
    """
    frame: int = 32 * 1024
    message: int = 128 * 1024
    idle: float = IDLE_SECONDS
    lifetime: float = LIFETIME_SECONDS
    head: int = 10_240
    """Request line and header fields; HTTP APIs and WebSocket APIs have the same quota."""
    head_seconds: float = 10.0
    body_seconds: float = 60.0
    send: float = 10.0
    """How long a client may leave sent data unread."""

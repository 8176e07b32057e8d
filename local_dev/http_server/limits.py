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
    """Sizes in bytes and times in seconds."""

    http_body: int = 10 * 1024 * 1024
    """The largest body of a request to an HTTP API."""
    integration: float = 29.0
    """The longest time of a function's call."""
    stranger_pause: float = 0.1
    """How long a frame of another computer's user keeps its place among those of its connection. AWS has no such
    limit.
    """
    frame: int = 32 * 1024
    """The largest WebSocket frame that a client may send."""
    message: int = 128 * 1024
    """The largest WebSocket message in either direction."""
    idle: float = IDLE_SECONDS
    """The time without a message after which a connection is closed."""
    lifetime: float = LIFETIME_SECONDS
    """The age at which every connection is closed."""
    head: int = 10_240
    """Request line and header fields; HTTP APIs and WebSocket APIs have the same quota."""
    head_seconds: float = 10.0
    """The longest time for a request's head to arrive."""
    body_seconds: float = 60.0
    """The longest time for a request's body to arrive."""
    send: float = 10.0
    """How long a client may leave sent data unread."""

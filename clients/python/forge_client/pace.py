"""All waiting times of the live connection, in seconds; tests shorten them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """The defaults suit API Gateway, which closes a connection after 10 idle minutes, and every one after 2 hours."""

    open_within: float = 10.0
    """The longest time for getting a ticket, and for the WebSocket handshake."""
    ping_every: float = 60.0
    """The time without a frame after which the client sends a `ping`."""
    ping_every_busy: float = 15.0
    """The same while a run is in progress."""
    pong_within: float = 10.0
    """The longest time until a `ping` is answered; after it the connection counts as lost."""
    redial_after: float = 6_600.0
    """The age at which a connection is replaced by a new one."""
    redial_jitter: float = 300.0
    """A random part of this time is subtracted from `redial_after`, so that clients do not return in step."""
    sync_grace: float = 0.4
    """The time that announced data has to arrive before the client asks for it with `sync`."""
    sync_first: float = 0.3
    """The first interval between repeated `sync` frames, which doubles up to `sync_cap`."""
    sync_cap: float = 2.0
    """The longest interval between repeated `sync` frames."""
    proven: float = 5.0
    """A connection that lived this long resets the back-off."""
    backoff_first: float = 0.5
    """The first wait before another connection is opened; see `Backoff.first`."""
    backoff_cap: float = 30.0
    """The longest wait before another connection is opened."""
    dials_before_sse: int = 2
    """The number of WebSockets that must fail in a row before the client uses an event stream."""
    sse_silence: float = 45.0
    """The time without a byte after which an event stream counts as lost."""
    sse_for: float = 300.0
    """The time after which an event stream is left, so that a WebSocket can be tried again."""

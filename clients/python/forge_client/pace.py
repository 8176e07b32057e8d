"""All waiting times of the live connection, in seconds; tests shorten them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """The defaults suit API Gateway, which closes a connection after 10 idle minutes, and every one after 2 hours.

    `sync_grace`: time for announced data to arrive. `sync_first` to `sync_cap`: between repeated syncs. `proven`: a
    connection that lived this long resets the back-off.
    """

    open_within: float = 10.0
    ping_every: float = 60.0
    ping_every_busy: float = 15.0
    pong_within: float = 10.0
    redial_after: float = 6_600.0
    redial_jitter: float = 300.0
    sync_grace: float = 0.4
    sync_first: float = 0.3
    sync_cap: float = 2.0
    proven: float = 5.0
    backoff_first: float = 0.5
    backoff_cap: float = 30.0
    dials_before_sse: int = 2
    sse_silence: float = 45.0
    sse_for: float = 300.0

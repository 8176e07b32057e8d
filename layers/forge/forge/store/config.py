"""Configuration of the store, derived from the settings once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from forge.models.prices import Daily
from forge.settings import Settings
from forge.store.stored.shape import Defaults

QUEUE_GRACE_MS = 15_000
"""An accepted message that has not been claimed by then may have no queue message."""
TOUCH_MS = 60_000
RECENT_LIMIT = 20
CONTENTION_TRIES = 8
CONTROL_SECONDS = 3 * 3_600
CONNECTIONS_LIMIT = 50
"""Of one session at a time."""
CONNECTION_SECONDS = 2 * 3_600 + 600
COMMAND_SECONDS = 600
CLOCK_MARGIN_SECONDS = 60
"""A deleted session has expired for functions whose clock is a little behind, too."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A rate limit (GCRA): one message per `interval`, and up to `tolerance` ahead of that; milliseconds."""

    interval: int
    tolerance: int

    @classmethod
    def of(cls, per_minute: float, burst: int) -> Self:
        interval = max(1, round(60_000 / per_minute))
        return cls(interval, interval * (burst - 1))


def _thirds(per_minute: float) -> RateLimit:
    """A third of the minute's units may come at once."""
    return RateLimit.of(per_minute, max(1, round(per_minute / 3)))


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """`session_ms`: life after the last activity. `age_seconds`: backstop life of what a session leaves.

    `owner_tokens`: of one owner and day; `roofs`: of the deployment and day; 0 for no limit.
    """

    session_ms: int
    age_seconds: int
    network: str
    session_rate: RateLimit
    owner_rate: RateLimit
    caller_rate: RateLimit
    roof_rate: RateLimit
    owner_tokens: int
    roofs: Mapping[Daily, int]
    caller_streams: int

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(
            session_ms=round(settings.session_timeout_minutes * 60_000),
            age_seconds=round(settings.session_max_age_days * 86_400),
            network=settings.default_network,
            session_rate=RateLimit.of(settings.rate_limit_per_minute, settings.rate_limit_burst),
            owner_rate=RateLimit.of(settings.owner_rate_limit_per_minute, settings.rate_limit_burst * 4),
            caller_rate=_thirds(settings.caller_units_per_minute),
            roof_rate=_thirds(settings.deployment_units_per_minute),
            owner_tokens=settings.owner_tokens_per_day,
            caller_streams=settings.caller_streams,
            roofs={
                "requests": settings.deployment_requests_per_day,
                "streams": settings.deployment_streams_per_day,
                "sessions": settings.deployment_sessions_per_day,
                "tokens": settings.deployment_tokens_per_day,
                "sends": settings.deployment_sends_per_day,
            },
        )

    def defaults(self, now: int) -> Defaults:
        return Defaults(now=now, network=self.network)

    def busy_end(self, now: int) -> int:
        """While work waits or is in progress: what was accepted does not expire before it has an outcome."""
        return max(self.session_end(now), self.child_end(now))

    def session_end(self, now: int) -> int:
        """Of a session without work; epoch seconds, rounded up."""
        return -(-(now + self.session_ms) // 1_000)

    def child_end(self, now: int) -> int:
        return now // 1_000 + self.age_seconds

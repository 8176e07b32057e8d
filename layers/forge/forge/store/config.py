"""Configuration of the store, derived once from the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from forge.models.request_prices import Daily
from forge.settings import Settings
from forge.store.stored.item_schema import Defaults
from forge.store.stored.session_lifetime import SessionLifetime

QUEUE_GRACE_MS = 15_000
"""If an accepted message has not been claimed after this time, its queue message may be lost."""
TOUCH_MS = 60_000
RECENT_LIMIT = 20
CONTENTION_TRIES = 8
CONTROL_SECONDS = 3 * 3_600
CONNECTIONS_LIMIT = 50
"""Maximum open connections of one session."""
CONNECTION_SECONDS = 2 * 3_600 + 600
COMMAND_SECONDS = 600
CLOCK_MARGIN_SECONDS = 60
"""The most by which clocks may differ. A deleted session is marked as expired this long ago, so that functions whose
clock is slow see it as expired too.
"""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A rate limit (GCRA)."""

    interval: int
    """The time for which one message counts, in milliseconds."""
    tolerance: int
    """The time by which a burst may be ahead of the rate, in milliseconds."""

    def furthest(self, now: int, most_units: int = 1) -> int:
        """Return the latest arrival time that charges of at most `most_units` each can lead to, with a margin for
        clocks that differ.

        A later one was computed by a clock that was wrong. It counts as none, because the rate would refuse everybody
        until that time.
        """
        return now + self.tolerance + (1 + most_units) * self.interval + CLOCK_MARGIN_SECONDS * 1_000

    @classmethod
    def of(cls, per_minute: float, burst: int) -> Self:
        interval = max(1, round(60_000 / per_minute))
        return cls(interval, interval * (burst - 1))


def _thirds(per_minute: float) -> RateLimit:
    """The burst is a third of the minute's units."""
    return RateLimit.of(per_minute, max(1, round(per_minute / 3)))


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """The store's configuration."""

    lifetime: SessionLifetime
    """When sessions and what they leave expire."""
    network: str
    """The network of a new session."""
    session_rate: RateLimit
    """The rate limit of a session's messages."""
    owner_rate: RateLimit
    """The rate limit of a signed-in owner's messages over all sessions."""
    caller_rate: RateLimit
    """The rate limit of a caller, in units of the price list."""
    deployment_rate: RateLimit
    """The rate limit of the deployment, in units of the price list."""
    owner_tokens: int
    """The daily LLM tokens of one owner; 0: no limit."""
    daily_limits: Mapping[Daily, int]
    """The daily limits of the deployment; 0: no limit."""
    caller_streams: int
    """The WebSockets and event streams that one caller may have open."""
    waits: int
    """The requests of all callers together that may wait for a worker."""
    caller_day_percent: int
    """The part of each daily limit that one caller may use, in percent."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(
            lifetime=SessionLifetime.of(settings),
            network=settings.default_network,
            session_rate=RateLimit.of(settings.rate_limit_per_minute, settings.rate_limit_burst),
            owner_rate=RateLimit.of(settings.owner_rate_limit_per_minute, settings.rate_limit_burst * 4),
            caller_rate=_thirds(settings.caller_units_per_minute),
            deployment_rate=_thirds(settings.deployment_units_per_minute),
            owner_tokens=settings.owner_tokens_per_day,
            caller_streams=settings.caller_streams,
            waits=settings.deployment_waits,
            caller_day_percent=settings.caller_day_percent,
            daily_limits={
                "requests": settings.deployment_requests_per_day,
                "streams": settings.deployment_streams_per_day,
                "sessions": settings.deployment_sessions_per_day,
                "tokens": settings.deployment_tokens_per_day,
                "sends": settings.deployment_sends_per_day,
            },
        )

    def defaults(self, now: int) -> Defaults:
        return Defaults(now=now, network=self.network)

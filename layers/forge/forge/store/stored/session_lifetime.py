"""When a session expires, and whether a stored item still counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from forge.dynamodb.codec import Item
from forge.settings import Settings


@dataclass(frozen=True, slots=True)
class SessionLifetime:
    """Computes the ends that items are stored with, in epoch seconds; times are in epoch milliseconds."""

    session_ms: int
    """A session's life after its last activity."""
    age_seconds: int
    """The longest life of what a session leaves."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(
            session_ms=round(settings.session_timeout_minutes * 60_000),
            age_seconds=round(settings.session_max_age_days * 86_400),
        )

    def busy_end(self, now: int) -> int:
        """Return the end of a session with queued or active work. An accepted message must not expire before it has
        an outcome.
        """
        return max(self.session_end(now), self.child_end(now))

    def session_end(self, now: int) -> int:
        """Return the end of a session without work, rounded up."""
        return -(-(now + self.session_ms) // 1_000)

    def child_end(self, now: int) -> int:
        """Return the end of what belongs to a session: messages, history, results of tool calls."""
        return now // 1_000 + self.age_seconds


def alive(item: Item | None, now: int) -> bool:
    """DynamoDB's TTL deletes late, so an item whose end has passed counts as absent. An item without an end is alive;
    the next change sets one.
    """
    if item is None:
        return False
    end = item.get("expires_at")
    return type(end) is not int or end > now // 1_000

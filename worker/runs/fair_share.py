"""Shares the places of a worker between callers, so that no caller takes so many that the next one finds none.

The rule is the dynamic threshold of shared buffers (Choudhury and Hahne, 1998): how many places one caller may hold
depends on how many are free. A single caller gets three quarters; two get three sevenths each; and there is always a
place for one more.
"""

from __future__ import annotations

import asyncio
from collections import Counter

from forge.models.run import CommandMessage, RunMessage
from forge.models.session_key import ANONYMOUS

HELD_PER_FREE = 3
"""Number of places that one caller may hold for each free place. Every caller may hold a first place."""
LONGEST_PAUSE = 15


class Places:
    def __init__(self, count: int) -> None:
        self._count = count
        self._held: Counter[str] = Counter()

    def take(self, holder: str) -> bool:
        """Take a place. False: the holder already has its share and must wait."""
        held, free = self._held[holder] + 1, self._free - 1
        if held > 1 and held > HELD_PER_FREE * free:
            return False
        self._held[holder] = held
        return True

    def give_back(self, holder: str) -> None:
        self._held[holder] -= 1
        if not self._held[holder]:
            del self._held[holder]

    def is_fair(self, holder: str) -> bool:
        """Return whether the holder may use its place for its next message."""
        return self._held[holder] <= max(1, HELD_PER_FREE * self._free)

    @property
    def _free(self) -> int:
        return self._count - self._held.total()


class Capacity:
    """The places of this worker, and whether it still begins work."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.deliveries: set[asyncio.Task[None]] = set()
        self.places = Places(count)
        self.is_stopping = False

    @property
    def free(self) -> int:
        """The number of deliveries that this worker can take."""
        return self.count - len(self.deliveries)

    def may_go_on(self, following: RunMessage) -> bool:
        """Return whether a session's next run may begin here without the queue. If not, other waiting messages
        come first.
        """
        is_fair = self.places.is_fair(holder_of(following))
        return is_fair and not self.is_stopping and self.free > 0


def holder_of(body: RunMessage | CommandMessage) -> str:
    """Return who holds the place. Without a payer (the user of this computer) each session counts separately."""
    if body.payer:
        return body.payer
    if isinstance(body, CommandMessage):
        return f"command#{body.command_id}"
    return f"session#{body.key}" if body.owner == ANONYMOUS else f"owner#{body.owner}"


def pause_after(receives: int) -> int:
    """Return the seconds until a message beyond its caller's share comes again, so that other messages are
    received in between.
    """
    return min(1 + receives, LONGEST_PAUSE)

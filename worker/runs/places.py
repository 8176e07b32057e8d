"""Who holds the places of a worker: nobody so many that whoever comes next finds none.

The rule is the dynamic threshold of shared buffers (Choudhury and Hahne, 1998): what one may hold depends on what is
free. Alone, a caller gets three quarters; two get three sevenths each; and something is always left for one more.
"""

from __future__ import annotations

import asyncio
from collections import Counter

from forge.models.ids import ANONYMOUS
from forge.models.run import CommandMessage, RunMessage

HELD_PER_FREE = 3
"""Places that one caller may hold for each one that is free. The first one is everybody's."""
LONGEST_PAUSE = 15


class Places:
    def __init__(self, count: int) -> None:
        self._count = count
        self._held: Counter[str] = Counter()

    def take(self, holder: str) -> bool:
        """False: the holder has its share, and what it wants has to wait."""
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
        """Whether the holder may go on with the next message on the place that it has."""
        return self._held[holder] <= max(1, HELD_PER_FREE * self._free)

    @property
    def _free(self) -> int:
        return self._count - self._held.total()


class Capacity:
    """The places of this worker, and whether it still begins anything."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.free = asyncio.Semaphore(count)
        self.places = Places(count)
        self.is_stopping = False

    def may_go_on(self, following: RunMessage) -> bool:
        """Whether a session's next run may begin here without the queue; else others that wait there come first."""
        is_fair = self.places.is_fair(holder_of(following))
        return is_fair and not self.is_stopping and not self.free.locked()


def holder_of(body: RunMessage | CommandMessage) -> str:
    """Who is charged for the place. Without a payer (this computer's own user) each session is one."""
    if body.payer:
        return body.payer
    if isinstance(body, CommandMessage):
        return f"command#{body.command_id}"
    return f"session#{body.key}" if body.owner == ANONYMOUS else f"owner#{body.owner}"


def pause_after(receives: int) -> int:
    """Seconds until a message beyond its caller's share comes again: others' must be reached in the meantime."""
    return min(1 + receives, LONGEST_PAUSE)

"""Connections that have sent too many frames, as far as this process was told: it need not ask the table again."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from forge.errors import RateLimited, StillRateLimited
from forge.models.prices import FRAMES_AHEAD_MS

REMEMBERED = 1_000
"""Connections; the one that came least recently is forgotten."""
_TOO_MANY = "Too many frames on this connection."


class Hurried:
    """Until when each connection's time was used up. That only grows: what is refused here the table refuses, too."""

    def __init__(self) -> None:
        self._used: OrderedDict[str, int] = OrderedDict()
        self._lock = Lock()

    def check(self, connection_id: str, cost: int, now: int) -> None:
        """Raises `StillRateLimited`."""
        latest = now + FRAMES_AHEAD_MS - cost
        with self._lock:
            used = self._used.get(connection_id, 0)
        if used > latest:
            raise StillRateLimited(_TOO_MANY, retry_after=(used - latest) / 1_000)

    def refuse(self, connection_id: str, used: int, latest: int) -> RateLimited:
        """What to raise. `used`: until when its time is used up; `latest`: until when it may be for this frame."""
        with self._lock:
            self._used[connection_id] = used
            self._used.move_to_end(connection_id)
            if len(self._used) > REMEMBERED:
                self._used.popitem(last=False)
        return RateLimited(_TOO_MANY, retry_after=(used - latest) / 1_000)

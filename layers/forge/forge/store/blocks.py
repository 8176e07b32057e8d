"""Rates that many callers share are charged in blocks, so that their item is not written for each of them.

A process lets a block of units pass before it charges them. So a process lets through at most one block more than the
rate; a refusal is remembered, and whoever comes until it ends is refused without asking the table.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from forge.errors import RateLimited, StorageUnavailable

_SHELVES = 32
REMEMBERED = 100
"""Names on each shelf of which a process remembers what they owe; the one that came least recently is forgotten."""

Charge = Callable[[str, int], None]
"""Charges a name. Raises `RateLimited`."""


class _Shelf:
    """What some of the names owe, and until when they are refused. Its lock is held while one of them is charged."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.owed: OrderedDict[str, int] = OrderedDict()
        self.closed: OrderedDict[str, int] = OrderedDict()

    def note(self, name: str, units: int) -> None:
        self.owed.pop(name, None)
        if units:
            self.owed[name] = units
        _trim(self.owed)

    def refuse(self, name: str, until: int) -> None:
        self.closed[name] = until
        _trim(self.closed)


class Blocks:
    def __init__(self, block: int, charge: Charge) -> None:
        self._block, self._charge = block, charge
        self._shelves = [_Shelf() for _ in range(_SHELVES)]

    def spend(self, name: str, units: int, now: int) -> None:
        """Raises `RateLimited`. A table that cannot be charged now lets through, and is charged later."""
        shelf = self._shelves[hash(name) % _SHELVES]
        with shelf.lock:
            until = shelf.closed.pop(name, 0)
            if until > now:
                shelf.refuse(name, until)
                raise RateLimited(retry_after=(until - now) / 1_000)
            before = shelf.owed.get(name, 0)
            shelf.note(name, before + units)
            if before + units >= self._block:
                self._settle(shelf, name, before, units, now)

    def _settle(self, shelf: _Shelf, name: str, before: int, units: int, now: int) -> None:
        try:
            self._charge(name, before + units)
        except StorageUnavailable:
            return
        except RateLimited as limited:
            shelf.note(name, before)
            shelf.refuse(name, now + round(limited.retry_after * 1_000))
            raise
        shelf.note(name, 0)


def _trim(known: OrderedDict[str, int]) -> None:
    while len(known) > REMEMBERED:
        known.popitem(last=False)

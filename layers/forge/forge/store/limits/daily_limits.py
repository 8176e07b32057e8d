"""The daily limits of the deployment, and the share of each that one caller may use.

So nobody uses up the day of all others. A share is counted as the deployment's total is: in an item of its own, charged
in blocks.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from threading import Lock
from typing import TypeVar

from forge.dynamodb.table import Table
from forge.errors import DayUsedUp, StorageUnavailable
from forge.models.request_prices import Daily
from forge.ports.clock import Clock
from forge.store.config import StoreConfig
from forge.store.limits.daily_counter import DailyCounter

REMEMBERED = 2_000
"""The shares that a process remembers. It forgets the one that was used least recently, with less than a block."""

Limited = tuple[DailyCounter, int]
R = TypeVar("R")


class DailyLimits:
    """Without a limit nothing is counted. `caller` empty (the user of this computer, the system) has no share."""

    def __init__(self, table: Table, config: StoreConfig, clock: Clock) -> None:
        self._table, self._clock = table, clock
        self._counters = {
            name: (DailyCounter(table, clock, name), limit)
            for name, limit in config.daily_limits.items()
            if limit
        }
        self._percent = config.caller_day_percent
        self._shares: OrderedDict[tuple[Daily, str], Limited] = OrderedDict()
        self._lock = Lock()

    def has(self, name: Daily) -> bool:
        return name in self._counters

    def spend(self, name: Daily, units: int = 1, *, caller: str = "") -> None:
        """If this raises `DayUsedUp`, nothing is charged."""
        self._spend(name, units, caller)

    def spend_on(self, name: Daily, make: Callable[[], R | None], *, caller: str = "") -> R | None:
        """Charge one unit for what `make` makes, and refund it if `make` returns None or raises an error after which
        nothing was made. Raises `DayUsedUp`.
        """
        charged, made = self._spend(name, 1, caller), None
        try:
            made = make()
        except StorageUnavailable:  # it may have been made
            charged = []
            raise
        finally:
            if made is None:
                _give_back(charged, 1)
        return made

    def _spend(self, name: Daily, units: int, caller: str) -> list[tuple[Limited, int]]:
        """Return what was charged, each with its day."""
        charged: list[tuple[Limited, int]] = []
        for counter, limit in self._limits(name, caller):
            try:
                charged.append(((counter, limit), counter.spend(units, limit)))
            except DayUsedUp:
                _give_back(charged, units)
                raise
        return charged

    def give_back(self, name: Daily, units: int, day: int, *, caller: str = "") -> None:
        for counter, limit in self._limits(name, caller):
            counter.give_back(units, day, limit)

    def note(self, name: Daily, units: int, *, caller: str = "") -> None:
        """Charge what has happened already, even beyond the limit."""
        for counter, limit in self._limits(name, caller) if units else ():
            counter.note(units, limit)

    def check(self, name: Daily, *, caller: str = "") -> None:
        """Raises `DayUsedUp` when nothing is left."""
        for counter, limit in self._limits(name, caller):
            counter.check(limit)

    def _limits(self, name: Daily, caller: str) -> Iterator[Limited]:
        """Yield the caller's share before the total: a caller that has used up its share charges nothing more."""
        if found := self._counters.get(name):
            if caller and self._percent < 100:
                yield self._share(name, caller, found[1])
            yield found

    def _share(self, name: Daily, caller: str, limit: int) -> Limited:
        with self._lock:
            key = (name, caller)
            if key not in self._shares:
                counter = DailyCounter(self._table, self._clock, name, caller)
                self._shares[key] = (counter, max(1, limit * self._percent // 100))
            self._shares.move_to_end(key)
            if len(self._shares) > REMEMBERED:
                self._shares.popitem(last=False)
            return self._shares[key]


def _give_back(charged: list[tuple[Limited, int]], units: int) -> None:
    for (counter, limit), day in charged:
        counter.give_back(units, day, limit)

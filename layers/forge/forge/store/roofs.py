"""What the whole deployment may do on one UTC day: one item for each roof and day, charged in blocks.

A process lets a block pass before it charges it, and charges once a minute at least while it works: processes come and
go all day long, and what one of them has not charged is lost with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock

from forge.errors import DayUsedUp, StorageUnavailable
from forge.models.prices import Daily
from forge.ports import Clock
from forge.store import keys
from forge.store.change import Change
from forge.store.lenient import plain
from forge.store.table import Table
from forge.store.terms import Terms

ROOF_BLOCKS = 400
"""Twenty processes that compete are 5 % over together."""
SETTLE_MS = 60_000
DAY_MS = 86_400_000
_KEPT_SECONDS = 3 * 86_400


@dataclass(slots=True)
class _Day:
    """`owed`: what this process let pass and has not charged. `used`: of all processes, as last heard."""

    number: int = -1
    owed: int = 0
    used: int = 0
    settled_at: int = 0
    lock: Lock = field(default_factory=Lock)


class DailyRoofs:
    def __init__(self, table: Table, terms: Terms, clock: Clock) -> None:
        self._table, self._clock = table, clock
        self._limits = {name: limit for name, limit in terms.roofs.items() if limit}
        self._days = {name: _Day() for name in self._limits}

    def has(self, name: Daily) -> bool:
        return name in self._limits

    def spend(self, name: Daily, units: int = 1) -> None:
        """Raises `DayUsedUp`, and then nothing is charged. A table that cannot be charged now is charged later."""
        if day := self._days.get(name):
            with day.lock:
                self._spend(name, day, units)

    def note(self, name: Daily, units: int) -> None:
        """Charge what has happened already, whatever the roof says."""
        if units and (day := self._days.get(name)):
            with day.lock:
                now = self._begun(day)
                day.owed += units
                self._settle_if_due(name, day, now)

    def check(self, name: Daily) -> None:
        """Raises `DayUsedUp` when nothing is left. It asks the table once a minute at most."""
        if day := self._days.get(name):
            with day.lock:
                now = self._begun(day)
                self._settle_if_due(name, day, now)
                if day.used + day.owed >= self._limits[name]:
                    raise _refusal(name, now)

    def _spend(self, name: Daily, day: _Day, units: int) -> None:
        now, limit = self._begun(day), self._limits[name]
        if day.used + day.owed + units > limit:
            raise _refusal(name, now)
        day.owed += units
        self._settle_if_due(name, day, now)
        if day.used + day.owed > limit:
            raise _refusal(name, now)

    def _begun(self, day: _Day) -> int:
        now = self._clock()
        if day.number != now // DAY_MS:
            day.number, day.owed, day.used, day.settled_at = now // DAY_MS, 0, 0, 0
        return now

    def _settle_if_due(self, name: Daily, day: _Day, now: int) -> None:
        if day.owed < max(1, self._limits[name] // ROOF_BLOCKS) and now - day.settled_at < SETTLE_MS:
            return
        change = Change().add("used", day.owed).set(expires_at=now // 1_000 + _KEPT_SECONDS)
        try:
            item = self._table.update(_item(name, now), change)
        except StorageUnavailable:
            return
        day.owed, day.settled_at, day.used = 0, now, plain(item.get("used"), int, 0)


def _item(name: Daily, now: int) -> keys.Key:
    date = datetime.fromtimestamp(now / 1_000, UTC).date().isoformat()
    return keys.single("roof", f"{date}#{name}")


def _refusal(name: Daily, now: int) -> DayUsedUp:
    return DayUsedUp(
        f"This deployment has used up its {name} for today. It goes on at 00:00 UTC.",
        retry_after=(DAY_MS - now % DAY_MS) / 1_000,
    )

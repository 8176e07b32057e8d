"""The daily limits ("daily_limits") of the whole deployment: one item for each limit and UTC day, charged in blocks.

A process lets a block of units pass before it charges them, and charges at least once a minute while it works.
Processes start and stop all day, and what one of them has not charged is lost when it stops. The table refuses a
charge that would exceed the limit and stores nothing, so one request that is too large uses up nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Lock

from forge.dynamodb.codec import Item
from forge.dynamodb.conditions import ConditionFailed, Unfit
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.errors import DayUsedUp, StorageUnavailable
from forge.models.request_prices import Daily
from forge.ports.clock import Clock
from forge.store import keys
from forge.store.stored.lenient_reading import plain

DAILY_BLOCKS = 400
"""The block size is this fraction of the limit, so that twenty concurrent processes exceed it by at most 5 %."""
SETTLE_MS = 60_000
"""After this time at the latest, a process charges what it owes and reads the total of all processes."""
SHARE_SETTLE_MS = 600_000
"""The same for one caller's share. There are many callers, and a share is a limit to nobody's bill."""
DAY_MS = 86_400_000
_WHOSE = {False: "This deployment has used up its", True: "You have used up your share of this deployment's"}
_KEPT_SECONDS = 3 * 86_400


class DailyCounter:
    """One daily limit; the caller passes its value as `limit`.

    `_owed`: what this process let pass and has not charged; negative after a refund. `_used`: the total of all
    processes, as last read.
    """

    def __init__(self, table: Table, clock: Clock, name: Daily, caller: str = "") -> None:
        self._table, self._clock, self._name, self._caller = table, clock, name, caller
        self._settle_ms = SHARE_SETTLE_MS if caller else SETTLE_MS
        self._day, self._owed, self._used, self._settled_at = -1, 0, 0, 0
        self._lock = Lock()

    def spend(self, units: int, limit: int) -> int:
        """Charge the units and return the day on which they count. If this raises `DayUsedUp`, nothing is charged.

        If the table cannot be charged now, it is charged later.
        """
        with self._lock:
            now = self._begun()
            is_over = self._used + self._owed + units > limit
            if units > limit or (is_over and now - self._settled_at < self._settle_ms):
                raise self._refusal(now)
            self._owed += units
            if is_over or self._is_due(limit, now):
                try:
                    self._settle_within(limit, now)
                except (ConditionFailed, StorageUnavailable) as error:
                    if is_over or isinstance(error, ConditionFailed):
                        self._owed -= units
                        raise self._refusal(now) from None
            return self._day

    def give_back(self, units: int, day: int, limit: int) -> None:
        """Refund the units. Units of an earlier day no longer count, so they are not refunded."""
        with self._lock:
            now = self._begun()
            if day == self._day:
                self._owed -= units
                self._settle_if_due(limit, now)

    def note(self, units: int, limit: int) -> None:
        """Charge what has happened already, even beyond the limit."""
        with self._lock:
            now = self._begun()
            self._owed += units
            self._settle_if_due(limit, now)

    def check(self, limit: int) -> None:
        """Raises `DayUsedUp` when nothing is left. Reads the table at most once a minute."""
        with self._lock:
            now = self._begun()
            self._settle_if_due(limit, now)
            if self._used + self._owed >= limit:
                raise self._refusal(now)

    def _begun(self) -> int:
        now = self._clock()
        if self._day != now // DAY_MS:
            self._day, self._owed, self._used = now // DAY_MS, 0, 0
            self._settled_at = now if self._caller else 0
        return now

    def _is_due(self, limit: int, now: int) -> bool:
        return abs(self._owed) >= max(1, limit // DAILY_BLOCKS) or now - self._settled_at >= self._settle_ms

    def _settle_if_due(self, limit: int, now: int) -> None:
        if self._is_due(limit, now):
            try:
                self._settled(self._table.update(self._item(now), self._charge(now)), now)
            except StorageUnavailable:
                return

    def _settle_within(self, limit: int, now: int) -> None:
        """Raises `ConditionFailed`, `StorageUnavailable`; then `_owed` is unchanged."""
        change = self._charge(now).when(
            "attribute_not_exists(used) OR used <= :room", room=limit - self._owed
        )
        try:
            self._settled(self._table.update(self._item(now), change), now)
        except (ConditionFailed, Unfit) as refused:
            item = refused.item if isinstance(refused, ConditionFailed) else None
            if item is None or type(item.get("used")) is not int:  # a damaged item starts again
                self._settled(self._table.update(self._item(now), self._anew(now)), now)
                return
            self._used, self._settled_at = item["used"], now
            raise

    def _charge(self, now: int) -> ConditionalWrite:
        return ConditionalWrite().add("used", self._owed).set(expires_at=now // 1_000 + _KEPT_SECONDS)

    def _anew(self, now: int) -> ConditionalWrite:
        return ConditionalWrite().set(used=self._owed, expires_at=now // 1_000 + _KEPT_SECONDS)

    def _settled(self, item: Item, now: int) -> None:
        self._owed, self._settled_at, self._used = 0, now, plain(item.get("used"), int, 0)

    def _item(self, now: int) -> keys.Key:
        whose = f"#{self._caller}" if self._caller else ""
        return keys.single("roof", f"{date_of(now // DAY_MS)}#{self._name}{whose}")

    def _refusal(self, now: int) -> DayUsedUp:
        return DayUsedUp(
            f"{_WHOSE[bool(self._caller)]} {self._name} for today. It continues at 00:00 UTC.",
            retry_after=(DAY_MS - now % DAY_MS) / 1_000,
        )


def date_of(day: int) -> str:
    """Return the date of a day that is counted from 1970, in UTC."""
    return datetime.fromtimestamp(day * DAY_MS / 1_000, UTC).date().isoformat()

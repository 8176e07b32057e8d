"""Charge the price list to sessions, callers and the deployment, and refuse requests that exceed a rate."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any

from forge.dynamodb.table import Table
from forge.errors import RateLimited, StorageUnavailable
from forge.models.request_prices import Price
from forge.models.session_key import SessionKey
from forge.ports.clock import Clock
from forge.store import keys
from forge.store.config import RateLimit, StoreConfig
from forge.store.limits.daily_limits import DailyLimits
from forge.store.limits.rate_limit import charge

_SHELVES = 32
MOST_UNITS = 1_000
"""More than one request costs: an answer of 100 MB."""
REMEMBERED = 100
"""Number of names on each shelf whose debts a process remembers; it forgets the name that was charged least recently.
"""

Charge = Callable[[str, int], None]
"""Charges a name in the table. Raises `RateLimited`."""


class _Shelf:
    """The debts of some of the names, and since when and until when each name is refused. The lock is held while one
    of them is charged.
    """

    def __init__(self) -> None:
        self.lock = Lock()
        self.owed: OrderedDict[str, int] = OrderedDict()
        self.closed: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def note(self, name: str, units: int) -> None:
        self.owed.pop(name, None)
        if units:
            self.owed[name] = units
        _trim(self.owed)

    def refuse(self, name: str, since: int, until: int) -> None:
        self.closed[name] = since, until
        _trim(self.closed)


class Blocks:
    def __init__(self, block: int, charge: Charge) -> None:
        self.block, self._charge = block, charge
        self._shelves = [_Shelf() for _ in range(_SHELVES)]

    def spend(self, name: str, units: int, now: int) -> None:
        """Charge in blocks. Raises `RateLimited`. If the table cannot be charged now, the request is allowed and
        charged later.
        """
        shelf = self._shelves[hash(name) % _SHELVES]
        with shelf.lock:
            since, until = shelf.closed.pop(name, (0, 0))
            if since <= now < until:  # a clock that has gone back closes nothing
                shelf.refuse(name, since, until)
                raise RateLimited(retry_after=(until - now) / 1_000)
            before = shelf.owed.get(name, 0)
            shelf.note(name, before + units)
            if before + units >= self.block:
                self._settle(shelf, name, before, units, now)

    def _settle(self, shelf: _Shelf, name: str, before: int, units: int, now: int) -> None:
        try:
            self._charge(name, before + units)
        except StorageUnavailable:
            return
        except RateLimited as limited:
            shelf.note(name, before)
            shelf.refuse(name, now, now + round(limited.retry_after * 1_000))
            raise
        shelf.note(name, 0)


def _trim(known: OrderedDict[str, Any]) -> None:
    while len(known) > REMEMBERED:
        known.popitem(last=False)


CALLER_BLOCKS = 20
"""The block size is this fraction of a caller's burst, so that a process is at most 5 % of the burst behind."""
DEPLOYMENT_BLOCKS = 400
"""The block size is this fraction of the deployment's burst, so that twenty processes together are 5 % behind."""
_DEPLOYMENT = "deployment"
_TOO_MANY = "Too many requests; wait a little."
_FULL = "This deployment takes no more requests at the moment."


class TableAdmission:
    """One instance for each process, because it holds what the process has not charged yet."""

    def __init__(self, table: Table, config: StoreConfig, clock: Clock, daily_limits: DailyLimits) -> None:
        self._table, self._config, self._clock, self._daily = table, config, clock, daily_limits
        self._callers = _blocks(config.caller_rate, CALLER_BLOCKS, self._charge_caller)
        self._deployment = _blocks(config.deployment_rate, DEPLOYMENT_BLOCKS, self._charge_deployment)

    def admit(self, caller: str | None, price: Price) -> None:
        now = self._clock()
        if caller is not None and price.caller:
            self._callers.spend(caller, price.caller, now)
        if price.deployment:
            self._deployment.spend(_DEPLOYMENT, price.deployment, now)
        for each in price.daily:
            self._daily.spend(each, caller=caller or "")

    def command(self, key: SessionKey, units: int) -> None:
        if units:
            where = keys.single("pace", f"command#{key}")
            charge(self._table, where, self._config.session_rate, self._clock(), units, _TOO_MANY)

    def _charge_caller(self, name: str, units: int) -> None:
        where = keys.single("pace", f"caller#{name}")
        charge(self._table, where, self._config.caller_rate, self._clock(), units, _TOO_MANY, MOST_UNITS)

    def _charge_deployment(self, name: str, units: int) -> None:
        where, rate = keys.single("pace", name), self._config.deployment_rate
        charge(self._table, where, rate, self._clock(), units, _FULL, max(MOST_UNITS, self._deployment.block))


def _blocks(rate: RateLimit, parts: int, charge: Charge) -> Blocks:
    burst = rate.tolerance // rate.interval + 1
    return Blocks(max(1, burst // parts), charge)

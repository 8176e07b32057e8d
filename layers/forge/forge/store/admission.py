"""Who may have something done: charges the price list to sessions, callers and the deployment."""

from __future__ import annotations

from forge.dynamodb.table import Table
from forge.models.ids import SessionKey
from forge.models.prices import Price
from forge.ports import Clock
from forge.store import keys
from forge.store.blocks import Blocks, Charge
from forge.store.config import RateLimit, StoreConfig
from forge.store.rate_limit import charge
from forge.store.roofs import DailyRoofs

CALLER_BLOCKS = 20
"""A process is at most a twentieth of a caller's burst behind with its charges: 5 %."""
ROOF_BLOCKS = 400
"""Of the deployment's burst: twenty processes together are 5 % behind."""
_DEPLOYMENT = "deployment"
_TOO_MANY = "Too many requests; wait a little."
_FULL = "This deployment takes no more requests at the moment."


class TableAdmission:
    """One for a process: it remembers what it has not charged yet."""

    def __init__(self, table: Table, config: StoreConfig, clock: Clock, roofs: DailyRoofs) -> None:
        self._table, self._config, self._clock, self._daily = table, config, clock, roofs
        self._callers = _blocks(config.caller_rate, CALLER_BLOCKS, self._charge_caller)
        self._roof = _blocks(config.roof_rate, ROOF_BLOCKS, self._charge_roof)

    def admit(self, caller: str | None, price: Price) -> None:
        now = self._clock()
        if caller is not None and price.caller:
            self._callers.spend(caller, price.caller, now)
        if price.roof:
            self._roof.spend(_DEPLOYMENT, price.roof, now)
        for each in price.daily:
            self._daily.spend(each)

    def command(self, key: SessionKey, units: int) -> None:
        if units:
            where = keys.single("pace", f"command#{key}")
            charge(self._table, where, self._config.session_rate, self._clock(), units, _TOO_MANY)

    def _charge_caller(self, name: str, units: int) -> None:
        where = keys.single("pace", f"caller#{name}")
        charge(self._table, where, self._config.caller_rate, self._clock(), units, _TOO_MANY)

    def _charge_roof(self, name: str, units: int) -> None:
        charge(self._table, keys.single("pace", name), self._config.roof_rate, self._clock(), units, _FULL)


def _blocks(rate: RateLimit, parts: int, charge: Charge) -> Blocks:
    burst = rate.tolerance // rate.interval + 1
    return Blocks(max(1, burst // parts), charge)

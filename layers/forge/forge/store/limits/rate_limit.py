"""Charging a rate (GCRA). The result is exact under concurrency.

The attribute `tat` is the theoretical arrival time, at which the rate would be idle again. There are two forms of the
update, for a rate that is idle and for one that is not. Both only add to what others have charged in the meantime, so
neither has to be repeated after a concurrent write.
"""

from __future__ import annotations

from forge.dynamodb.codec import Key
from forge.dynamodb.conditions import ConditionFailed
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.errors import RateLimited
from forge.store.config import RateLimit

_KEPT_SECONDS = 3_600
IDLE = "attribute_not_exists(tat) OR tat <= :now OR tat > :far"
"""The condition of a rate that is idle; `:far` is what `RateLimit.furthest` returns."""


def charge(
    table: Table,
    key: Key,
    rate: RateLimit,
    now: int,
    units: int = 1,
    refusal: str | None = None,
    most_units: int = 1,
) -> None:
    """Charge in one update, or in two for a rate that is not idle. If this raises `RateLimited`, nothing has been
    charged. No charge of this rate has more than `most_units`.
    """
    cost = rate.interval * units
    latest = now + rate.tolerance + rate.interval - cost
    end = now // 1_000 + (rate.tolerance + cost) // 1_000 + _KEPT_SECONDS
    idle = ConditionalWrite().set(tat=now + cost, expires_at=end)
    try:
        far = rate.furthest(now, most_units)
        table.update(key, idle.when(IDLE, now=now, far=far))
        return
    except ConditionFailed as refused:
        if refused.item is not None and type(refused.item.get("tat")) is not int:
            table.update(
                key, ConditionalWrite().set(tat=now + cost, expires_at=end)
            )  # a damaged rate starts again
            return
    busy = ConditionalWrite().assign("tat = tat + :cost", cost=cost).set(expires_at=end)
    try:
        table.update(key, busy.when("tat > :now", "tat <= :latest", now=now, latest=latest))
    except ConditionFailed as refused:
        theoretical_arrival = int((refused.item or {}).get("tat", latest))
        raise RateLimited(refusal, retry_after=max(0, theoretical_arrival - latest) / 1_000) from None

"""Charging a rate (GCRA), exactly also under competition.

`tat` is when the rate would be idle again. There are two forms of the one update, for a rate that is idle and for one
that is not. Both only add to what others have charged meanwhile, so neither is ever repeated for their sake.
"""

from __future__ import annotations

from forge.dynamodb.codec import Key
from forge.dynamodb.conditions import Refused
from forge.dynamodb.table import Table
from forge.dynamodb.write import Change
from forge.errors import RateLimited
from forge.store.terms import Pace

_KEPT_SECONDS = 3_600


def charge(table: Table, key: Key, pace: Pace, now: int, units: int = 1, refusal: str | None = None) -> None:
    """One update, two for a rate that is not idle. Raises `RateLimited`, and then nothing has been charged."""
    cost = pace.interval * units
    latest = now + pace.tolerance + pace.interval - cost
    end = now // 1_000 + (pace.tolerance + cost) // 1_000 + _KEPT_SECONDS
    idle = Change().set(tat=now + cost, expires_at=end)
    try:
        table.update(key, idle.when("attribute_not_exists(tat) OR tat <= :now", now=now))
        return
    except Refused as refused:
        if refused.item is not None and type(refused.item.get("tat")) is not int:
            table.update(key, Change().set(tat=now + cost, expires_at=end))  # damaged: it is begun anew
            return
    busy = Change().assign("tat = tat + :cost", cost=cost).set(expires_at=end)
    try:
        table.update(key, busy.when("tat > :now", "tat <= :latest", now=now, latest=latest))
    except Refused as refused:
        tat = int((refused.item or {}).get("tat", latest))
        raise RateLimited(refusal, retry_after=max(0, tat - latest) / 1_000) from None

"""The rate of one session's messages, which is charged by the same write that accepts the message.

The attribute and the two forms of the update are those of `rate_limit.py`.
"""

from __future__ import annotations

from forge.dynamodb.codec import Item
from forge.dynamodb.write import ConditionalWrite
from forge.store.config import RateLimit
from forge.store.limits.rate_limit import IDLE


def is_idle(item: Item, rate: RateLimit, now: int) -> bool:
    return not now < item["tat"] <= rate.furthest(now)


def charged(change: ConditionalWrite, rate: RateLimit, now: int, *, idle: bool) -> ConditionalWrite:
    """Return the write with the charge for one message, and on condition that the rate allows it."""
    if idle:
        return change.set(tat=now + rate.interval).when(IDLE, now=now, far=rate.furthest(now))
    later = change.assign("tat = tat + :interval", interval=rate.interval)
    return later.when("tat > :now", "tat <= :latest", now=now, latest=now + rate.tolerance)


def wait_seconds(item: Item, rate: RateLimit, now: int) -> float:
    """Return the time after which the rate allows the next message; 0 if it does now."""
    return 0.0 if is_idle(item, rate, now) else max(0, item["tat"] - rate.tolerance - now) / 1_000

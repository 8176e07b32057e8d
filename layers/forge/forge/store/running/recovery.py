"""Handling of runs without a worker. The sparse index of sessions with work finds them.

`work_due` is the time at which a session should be checked. Accepting a message writes it, and so do finish and
release when work is left, so claiming a run and renewing its lease do not touch the index. The hot item is read to
see whether the run is held by a worker.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain

from forge.dynamodb.codec import Item, Key
from forge.dynamodb.conditions import ConditionFailed
from forge.dynamodb.table import Table, batches
from forge.dynamodb.write import ConditionalWrite
from forge.errors import SessionUnreadable
from forge.models.lease import is_lost
from forge.models.run import RunMessage
from forge.models.session import Session
from forge.models.session_key import SessionKey
from forge.ports.clock import Clock
from forge.store import keys
from forge.store.config import StoreConfig
from forge.store.running.stop_runs import interrupt_abandoned
from forge.store.stored.lenient_reading import plain
from forge.store.stored.session_item import (
    ACTIVE_ATTRIBUTES,
    WORK_ATTRIBUTES,
    new_item,
    only_if,
    session_of,
)
from forge.store.stored.session_lifetime import alive


def stop_unreadable(table: Table, config: StoreConfig, now: int, key: SessionKey) -> None:
    """End the session's work. The fence moves, so a worker that still holds the run cannot write any more."""
    old = table.get(keys.hot(key))
    if old is None:
        return
    after = new_item(key, now, old)
    change = (
        ConditionalWrite()
        .set(inbox={}, inbox_order=[], fence=after["fence"], rev=after["rev"])
        .remove(*ACTIVE_ATTRIBUTES, *WORK_ATTRIBUTES)
        .when("attribute_exists(pk)")
    )
    if type(old.get("expires_at")) is not int:
        change.set(expires_at=config.lifetime.session_end(now))
    try:
        table.update(keys.hot(key), change)
    except ConditionFailed:
        return


INDEX = "work"
_PAGE = 100
_FOREVER = 10**15
"""This is later than every `work_due`."""


@dataclass(frozen=True, slots=True)
class TableRecovery:
    table: Table
    """The DynamoDB table."""
    config: StoreConfig
    """The store's configuration."""
    clock: Clock
    """The time in epoch milliseconds."""

    def stranded(self, limit: int = 100, *, everything: bool = False) -> list[RunMessage]:
        return _stranded(self.table, self.config, self.clock, limit, everything=everything)

    def interrupt_abandoned(self, key: SessionKey, run_id: str) -> Session | None:
        return interrupt_abandoned(self.table, self.config, self.clock, key, run_id)

    def stop_unreadable(self, key: SessionKey) -> None:
        stop_unreadable(self.table, self.config, self.clock(), key)


def _stranded(
    table: Table, config: StoreConfig, clock: Clock, limit: int, *, everything: bool
) -> list[RunMessage]:
    """`everything`: include runs that may still be in the queue. The time is read after each page, as for a claim."""
    found: list[RunMessage] = []
    for page in batches(_due(table, _FOREVER if everything else clock()), _PAGE):
        items, now = table.read_many(page), clock()
        for item in items:
            if not alive(item, now):
                _forget(table, item)
            elif message := _message(item, now, everything=everything):
                _prolong(table, config, item, now)
                found.append(message)
        if len(found) >= limit:
            break
    return found[:limit]


def _due(table: Table, now: int) -> Iterable[Key]:
    shards = (
        ConditionalWrite().when("work_shard = :shard", "work_due <= :now", shard=f"work#{number}", now=now)
        for number in range(keys.SHARDS)
    )
    items = chain.from_iterable(table.query_index(INDEX, shard) for shard in shards)
    return ({"pk": item["pk"], "sk": item["sk"]} for item in items)


def _message(item: Item, now: int, *, everything: bool) -> RunMessage | None:
    """Return `None` also for a session that cannot be read, so that the runs of other sessions are still found
    (`session_of` has logged it).
    """
    try:
        session = session_of(item)
    except SessionUnreadable:
        return None
    if active := session.active:
        lost = everything or is_lost(active.lease_until, now)
        waiting, attempt = active.submission, active.attempt + 1
        return session.run_message(waiting.run_id, attempt=attempt, payer=waiting.payer) if lost else None
    if session.inbox and (everything or plain(item.get("work_due"), int, now) <= now):
        return session.run_message(session.inbox[0].run_id, payer=session.inbox[0].payer)
    return None


def _prolong(table: Table, config: StoreConfig, item: Item, now: int) -> None:
    """Prolong the session, because an older version may have given an accepted message only a session's usual life."""
    end = item.get("expires_at")
    if type(end) is int and end > config.lifetime.busy_end(now - config.lifetime.age_seconds * 500):
        return
    change = only_if(ConditionalWrite().set(expires_at=config.lifetime.busy_end(now)), item)
    with suppress(ConditionFailed):
        table.update({"pk": item["pk"], "sk": item["sk"]}, change)


def _forget(table: Table, item: Item) -> None:
    """Remove an expired session from the index at once, because DynamoDB deletes it later."""
    change = only_if(ConditionalWrite().remove(*WORK_ATTRIBUTES), item)
    try:
        table.update({"pk": item["pk"], "sk": item["sk"]}, change)
    except ConditionFailed:
        return

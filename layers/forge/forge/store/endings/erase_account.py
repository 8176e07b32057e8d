"""Deleting all sessions of a person. The deletion can be interrupted anywhere and is continued by the next call.

One transaction ends a session and counts it in the receipt, so that each session is counted once. An ended session
stays in the owner's index until all of its items are deleted, so that the next call finds it. The receipt is kept for
a day, so that a caller who did not get the answer can ask again.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass

from forge.dynamodb.codec import Item
from forge.dynamodb.conditions import ConditionFailed
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.errors import Contended, SessionUnreadable
from forge.models.account import Deleted, Erased, Erasure
from forge.models.session_key import SessionKey
from forge.store import keys
from forge.store.config import CONTENTION_TRIES
from forge.store.controls import connections_of
from forge.store.endings.end_session import ended_at, tell_run
from forge.store.stored.delete_session_items import delete_children
from forge.store.stored.lenient_reading import plain
from forge.store.stored.session_item import new_item, only_if, session_of
from forge.store.stored.session_lifetime import alive

RECEIPT_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Eraser:
    """One deletion of all sessions of a person."""

    table: Table
    """The DynamoDB table."""
    now: int
    """The time of the request, in epoch milliseconds."""
    owner: str
    """The person whose sessions are deleted."""
    name: str
    """The name of the deletion, which is the same in each of its calls."""

    def begin(self) -> Erasure:
        """Return the state of the deletion, which either begins now or continues."""
        first = self.first(Deleted())
        unused = ConditionalWrite().when(
            "attribute_not_exists(pk) OR expires_at <= :now", now=self.now // 1_000
        )
        try:
            self.table.put(first, unused)
            return self.erasure(first)
        except ConditionFailed as refused:
            return self.erasure(refused.item or first)

    def first(self, deleted: Deleted) -> Item:
        """Return the receipt of a deletion that begins with the counts `deleted`."""
        return {
            **self._where(),
            **deleted.model_dump(),
            "started_at": self.now,
            "expires_at": self.now // 1_000 + RECEIPT_SECONDS,
        }

    def kept(self) -> Item | None:
        """Return the receipt of a deletion that began within the last day."""
        item = self.table.get(self._where())
        return item if item and plain(item.get("expires_at"), int, 0) > self.now // 1_000 else None

    def erase(self, key: SessionKey) -> Erased:
        """End the session and delete its items. A later call deletes what an interrupted call has left."""
        for _ in range(CONTENTION_TRIES):
            is_copy, generation = self._end(key)
            control = tell_run(self.table, key, generation, self.now)
            delete_children(self.table, key, generation)
            if not (is_copy and self._was_adopted(key)):
                return Erased(generation, connections_of(control))
        raise Contended(retry_after=1.0)

    def forget(self, key: SessionKey) -> None:
        """Remove the session, of which nothing is left, from the index, unless a message has begun it anew."""
        self.table.delete(keys.copy(key))
        change = (
            ConditionalWrite().remove("owned_by").when("expires_at <= :seconds", seconds=self.now // 1_000)
        )
        with suppress(ConditionFailed):
            self.table.update(keys.hot(key), change)

    def finish(self) -> Erasure:
        change = ConditionalWrite().assign("finished_at = if_not_exists(finished_at, :now)", now=self.now)
        return self.erasure(self.table.update(self._where(), change.when("attribute_exists(pk)")))

    def so_far(self) -> Erasure:
        return self.erasure(self.table.get(self._where()) or {})

    def _was_adopted(self, key: SessionKey) -> bool:
        """Return whether the deleted copy has become a session meanwhile. Without its mark it no longer can."""
        self.table.delete(keys.copy(key))
        return alive(self.table.get(keys.hot(key)), self.now)

    def _end(self, key: SessionKey) -> tuple[bool, int]:
        """Return whether there is no session yet, and the generation that has ended. A damaged session is ended as
        well.
        """
        for _ in range(CONTENTION_TRIES):
            old = self.table.get(keys.hot(key))
            if old is None or not alive(old, self.now):
                return old is None, plain((old or {}).get("generation"), int, self.now)
            empty = new_item(key, self.now, old, expires_at=ended_at(self.now))
            try:
                self.table.transact(
                    [self.table.putting(empty, only_if(ConditionalWrite(), old)), self._counting(old)]
                )
                return False, plain(empty.get("generation"), int, self.now)
            except ConditionFailed:
                continue
        raise Contended(retry_after=1.0)

    def _counting(self, old: Item) -> dict[str, object]:
        change = ConditionalWrite().when("attribute_exists(pk)")
        for name, number in counted(old).model_dump().items():
            change.assign(f"{name} = {name} + :{name}", **{name: number})
        return self.table.updating(self._where(), change)

    def _where(self) -> keys.Key:
        """The receipt's key is a digest, so that the receipt does not identify its person."""
        return keys.single("erasure", hashlib.sha256(f"{self.owner}\n{self.name}".encode()).hexdigest())

    def erasure(self, item: Item) -> Erasure:
        return Erasure(
            name=self.name,
            deleted=Deleted(**{name: plain(item.get(name), int, 0) for name in Deleted.model_fields}),
            started_at=plain(item.get("started_at"), int, self.now),
            finished_at=plain(item.get("finished_at"), int, None),
        )


def counted(item: Item) -> Deleted:
    """Return what is deleted with the session of this hot item. If the item cannot be read, only the session itself
    is counted.
    """
    try:
        session = session_of(item)
    except SessionUnreadable:
        return Deleted(sessions=1)
    return Deleted(
        sessions=1,
        messages=session.message_count + len(session.inbox) + len(session.withdrawn),
        memory_entries=session.history,
        wallet_requests=len(session.approvals),
        runs=len(session.inbox) + (session.active is not None),
    )

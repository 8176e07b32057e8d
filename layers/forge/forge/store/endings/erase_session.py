"""Deleting one session. The receipt is written in the same transaction and kept for a day, so that a repeated request
returns it.
"""

from __future__ import annotations

from dataclasses import dataclass

from forge.dynamodb.codec import Item
from forge.dynamodb.conditions import ConditionFailed, Unfit
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.errors import Contended, NotFound
from forge.models.account import ErasedAlone
from forge.models.session_key import SessionKey
from forge.store import keys
from forge.store.config import CONTENTION_TRIES
from forge.store.controls import connections_of
from forge.store.endings.end_session import ended, ended_at, tell_run
from forge.store.endings.erase_account import Eraser, counted
from forge.store.stored.delete_session_items import delete_children
from forge.store.stored.lenient_reading import plain
from forge.store.stored.session_item import new_item, only_if
from forge.store.stored.session_lifetime import alive


@dataclass(frozen=True, slots=True)
class SessionEraser:
    """One deletion. Repeated under the same `name` it never ends a session that was begun in the meantime."""

    table: Table
    """The DynamoDB table."""
    now: int
    """The time of the request, in epoch milliseconds."""
    key: SessionKey
    """The session."""
    name: str | None
    """The name of the deletion; None: every request is a deletion of its own."""

    def erase(self) -> ErasedAlone:
        """Delete the session, or what an interrupted call has left of it. Raises `NotFound`."""
        receipt = self._eraser.kept()
        if receipt is None or self.name is None:
            receipt = self._end() or receipt
        if receipt is None:
            raise NotFound
        erasure = self._eraser.erasure(receipt)
        generation = plain(receipt.get("generation"), int, self.now)
        if erasure.finished_at is not None:
            return ErasedAlone(generation, frozenset(), erasure)
        control = tell_run(self.table, self.key, generation, self.now)
        delete_children(self.table, self.key, generation)
        return ErasedAlone(generation, connections_of(control), erasure)

    def _end(self) -> Item | None:
        """End the session and return the receipt; None if there is nothing to end."""
        for _ in range(CONTENTION_TRIES):
            old = self.table.get(keys.hot(self.key))
            if old is None or not alive(old, self.now):
                return None
            generation = plain(old.get("generation"), int, self.now)
            receipt = {**self._eraser.first(counted(old)), "generation": generation}
            try:
                self._write(old, receipt)
                return receipt
            except ConditionFailed:
                continue
        raise Contended(retry_after=1.0)

    def _write(self, old: Item, receipt: Item) -> None:
        """Raises `ConditionFailed`."""
        told, hot = self.table.putting(receipt), keys.hot(self.key)
        if type(old.get("expires_at")) is int:
            try:
                self.table.transact([self.table.updating(hot, only_if(ended(self.now), old)), told])
                return
            except Unfit:
                pass
        # This write depends on no attribute that may be damaged.
        empty = new_item(self.key, self.now, old, expires_at=ended_at(self.now))
        self.table.transact([self.table.putting(empty, only_if(ConditionalWrite(), old)), told])

    @property
    def _eraser(self) -> Eraser:
        """A caller's key contains no line break, so the names of session deletions and of account deletions never
        collide.
        """
        name = f"session\n{self.key.session_id}\n{self.name or ''}"
        return Eraser(self.table, self.now, self.key.owner, name)

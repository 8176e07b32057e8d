"""Records of `Idempotency-Key`s: the request for which a key was first used, and the run that it began.

The transaction that accepts the message also writes the record, so neither exists without the other. The record
outlives the run, the session and its deletion, so a repeated request never starts another run.
"""

from __future__ import annotations

from forge.dynamodb.codec import Item
from forge.dynamodb.conditions import ConditionFailed
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.errors import KeyReused
from forge.models.idempotency import Accepted, Once
from forge.models.session_key import SessionKey
from forge.store import keys

KEPT_SECONDS = 86_400


class Known(Exception):
    """The key has been used before; `item` is its record."""

    def __init__(self, item: Item) -> None:
        super().__init__("key known")
        self.item = item


class Writer:
    """Writes an accepted message, together with the record of its key if it has one."""

    def __init__(self, table: Table, now: int, key: SessionKey, run_id: str, once: Once | None) -> None:
        self._table, self._now, self._key = table, now, key
        self._record = _record(now, key, run_id, once) if once else None

    def update(self, change: ConditionalWrite) -> Item | None:
        """Return the session after the write; None if it was deleted immediately. Raises `Known`, `ConditionFailed`."""
        if self._record is None:
            return self._table.update(keys.hot(self._key), change)
        self._write(self._table.updating(keys.hot(self._key), change))
        return self._table.get(keys.hot(self._key))

    def put(self, item: Item, condition: ConditionalWrite) -> None:
        """Raises `Known`, `ConditionFailed`."""
        if self._record is None:
            self._table.put(item, condition)
        else:
            self._write(self._table.putting(item, condition))

    def _write(self, write: dict[str, object]) -> None:
        unused = ConditionalWrite().when(
            "attribute_not_exists(pk) OR expires_at <= :seconds", seconds=self._now // 1_000
        )
        try:
            self._table.transact([self._table.putting(self._record or {}, unused), write])
        except ConditionFailed as refused:
            if refused.index == 0 and refused.item is not None:
                raise Known(refused.item) from None
            raise


def replayed(item: Item, once: Once) -> Accepted:
    """Return the answer to the key's first request. Raises `KeyReused` if the request differs from the first."""
    if item.get("fingerprint") != once.fingerprint:
        raise KeyReused
    return Accepted(SessionKey.parse(str(item.get("session_key", ""))), str(item.get("run_id", "")), None)


def _record(now: int, key: SessionKey, run_id: str, once: Once) -> Item:
    return {
        **keys.single("once", once.name),
        "fingerprint": once.fingerprint,
        "session_key": str(key),
        "run_id": run_id,
        "expires_at": now // 1_000 + KEPT_SECONDS,
    }

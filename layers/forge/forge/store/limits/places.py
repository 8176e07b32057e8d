"""How many sockets and event streams a caller has open, in one item for each caller, counted exactly.

Each stream is listed with an end, after which it is not counted, because the process that opened it may have died.
When the list is full, streams whose end has passed are removed.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from forge.dynamodb.codec import Item
from forge.dynamodb.conditions import ConditionFailed
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.errors import TooManyStreams
from forge.ports import Clock
from forge.store import keys
from forge.store.config import CONTENTION_TRIES, StoreConfig
from forge.store.stored.lenient import plain

_RETRY_SECONDS = 60
_KEPT_SECONDS = 3 * 3_600


@dataclass(frozen=True, slots=True)
class TableOpenStreams:
    table: Table
    config: StoreConfig
    clock: Clock

    def open(self, payer: str, name: str, until: int) -> None:
        """Count the stream: one write, and two more each time that the list is full of streams whose end has passed."""
        most = self.config.caller_streams
        for _ in range(CONTENTION_TRIES):
            change = _listed(name, until).when(
                "attribute_not_exists(streams) OR size(streams) < :most", most=most
            )
            try:
                self.table.update(_item(payer), change)
                return
            except ConditionFailed as refused:
                if not self._swept(payer, refused.item or {}):
                    break
        raise TooManyStreams(retry_after=_RETRY_SECONDS)

    def stay(self, payer: str, name: str, until: int) -> None:
        self.table.update(_item(payer), _listed(name, until))

    def close(self, payer: str, name: str) -> None:
        change = ConditionalWrite().discard("streams", frozenset({name})).remove("#end").named(end=_end(name))
        self.table.update(_item(payer), change)

    def _swept(self, payer: str, item: Item) -> bool:
        """Remove streams whose end has passed and return whether there may be room now. A stream that was prolonged
        after the read stays."""
        now = self.clock()
        names: frozenset[str] = plain(item.get("streams"), frozenset, frozenset())
        over = sorted(name for name in names if plain(item.get(_end(name)), int, 0) <= now)
        if not over:
            return False
        change = ConditionalWrite().discard("streams", frozenset(over))
        for number, name in enumerate(over):
            short = f"#end{number}"
            change.named(**{f"end{number}": _end(name)}).remove(short)
            change.when(f"attribute_not_exists({short}) OR {short} <= :now", now=now)
        with suppress(ConditionFailed):
            self.table.update(_item(payer), change)
        return True


def _listed(name: str, until: int) -> ConditionalWrite:
    change = (
        ConditionalWrite().add("streams", frozenset({name})).set(expires_at=until // 1_000 + _KEPT_SECONDS)
    )
    return change.assign("#end = :end", end=until).named(end=_end(name))


def _item(payer: str) -> keys.Key:
    return keys.single("streams", payer)


def _end(name: str) -> str:
    return f"end#{name}"

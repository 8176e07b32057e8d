"""Lists with a limited number of places, such as a caller's open streams. Each list is one item, counted exactly.

Each place is listed with an end, after which it is not counted, because the process that took it may have died. When
a list is full, places whose end has passed are removed.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from forge.dynamodb.codec import Item
from forge.dynamodb.conditions import ConditionFailed
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.errors import Retryable
from forge.ports.clock import Clock
from forge.store import keys
from forge.store.config import CONTENTION_TRIES
from forge.store.stored.lenient_reading import plain

_KEPT_SECONDS = 3 * 3_600


@dataclass(frozen=True, slots=True)
class TablePlaces:
    """Lists of one kind."""

    table: Table
    """The DynamoDB table."""
    clock: Clock
    """The time in epoch milliseconds."""
    kind: str
    """The name of the kind, a part of each list's key."""
    most: int
    """The number of places of each list."""
    refusal: Callable[[], Retryable]
    """Makes the error that is raised when all places are taken."""

    def open(self, holder: str, name: str, until: int) -> None:
        """Take a place: one write, and two more each time that the list is full of places whose end has passed."""
        for _ in range(CONTENTION_TRIES):
            change = _listed(name, until).when(
                "attribute_not_exists(streams) OR size(streams) < :most", most=self.most
            )
            try:
                self.table.update(self._item(holder), change)
                return
            except ConditionFailed as refused:
                if not self._swept(holder, refused.item or {}):
                    break
        raise self.refusal()

    def stay(self, holder: str, name: str, until: int) -> None:
        self.table.update(self._item(holder), _listed(name, until))

    def close(self, holder: str, name: str) -> None:
        change = ConditionalWrite().discard("streams", frozenset({name})).remove("#end").named(end=_end(name))
        self.table.update(self._item(holder), change)

    def _swept(self, holder: str, item: Item) -> bool:
        """Remove places whose end has passed and return whether there may be room now. A place that was prolonged after
        the read stays.
        """
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
            self.table.update(self._item(holder), change)
        return True

    def _item(self, holder: str) -> keys.Key:
        return keys.single(self.kind, holder)


def _listed(name: str, until: int) -> ConditionalWrite:
    change = (
        ConditionalWrite().add("streams", frozenset({name})).set(expires_at=until // 1_000 + _KEPT_SECONDS)
    )
    return change.assign("#end = :end", end=until).named(end=_end(name))


def _end(name: str) -> str:
    return f"end#{name}"

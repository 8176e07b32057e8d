"""Writing log items with plain conditional puts, before the commit that makes them visible.

A transaction costs twice as much for each item in it. Log items above the hot item's counters are invisible. So they
may be written before the conditional update of the hot item that increases the counters, under two conditions: the
update makes visible only what its own commit has written, and nothing overwrites an item that is visible. A request may
arrive late or twice, and its sender may be fenced off by then. So neither the fence nor the order of sending suffices.

The session's `rev` decides. A commit is made for one `rev`, and its update succeeds only at that `rev`. Each log item
carries a stamp: the `rev` that its commit produces, and the commit's identifier. A put ahead replaces an item only if
the item's stamp has a smaller `rev` or is the commit's own. It follows:

- Suppose that another commit replaces one of our items before our update. Its `rev` is then larger than the one that
  our update produces. So that commit has seen a session beyond our `rev`, and our update is refused.
- A visible item carries the stamp of the commit that made it visible. A commit with a larger `rev` has seen the
  counters beyond this item and writes above it. The put of any other commit is refused.

A put is refused if there is another commit for the same `rev`, or an item without a stamp, which an older version
wrote. The commit then increases `rev`, so that every other commit fails, and continues with a transaction.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from forge.dynamodb.codec import Item, Key
from forge.dynamodb.conditions import ConditionFailed
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.models.session import Session

AHEAD_ITEMS = 12
"""A transaction writes larger numbers of items, because it is one call."""


class Rivalled(Exception):
    """Another commit has written an item that this one needs to write."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """The mark of a log item that says which commit wrote it."""

    rev: int
    """The session's `rev` that the commit produces."""
    writer: str
    """The commit's identifier."""

    @classmethod
    def of(cls, session: Session, writer: str) -> Stamp:
        """The stamp of the commit that replaces `session`."""
        return cls(session.rev + 1, writer)

    def on(self, items: Iterable[Item]) -> list[Item]:
        return [{**item, "stamp": self.rev, "stamped_by": self.writer} for item in items]

    def unrivalled(self) -> ConditionalWrite:
        return self._where(
            "attribute_not_exists(pk) OR stamp < :stamp OR stamp = :stamp AND stamped_by = :writer"
        )

    def unrivalled_or_unstamped(self) -> ConditionalWrite:
        """For a transaction that is conditional on `rev`: an item without a stamp is then known to be invisible."""
        return self._where(
            "attribute_not_exists(stamp) OR stamp < :stamp OR stamp = :stamp AND stamped_by = :writer"
        )

    def own(self) -> ConditionalWrite:
        return self._where("stamp = :stamp AND stamped_by = :writer")

    def _where(self, condition: str) -> ConditionalWrite:
        return ConditionalWrite().when(condition, stamp=self.rev, writer=self.writer)


def new_writer() -> str:
    """Return an identifier for one commit."""
    return uuid.uuid4().hex[:12]


def may_go_ahead(session: Session, puts: Sequence[Item]) -> bool:
    """Parts of a streaming text are already visible, so they must be replaced in one transaction with the hot item."""
    streams_parts = session.active is not None and session.active.text_parts > 0
    return 0 < len(puts) <= AHEAD_ITEMS and not streams_parts


def put_ahead(table: Table, puts: Iterable[Item], stamp: Stamp) -> None:
    """Raises `Rivalled`."""
    for item in puts:
        try:
            table.put(item, stamp.unrivalled())
        except ConditionFailed:
            raise Rivalled from None


def take_back(table: Table, puts: Iterable[Item], stamp: Stamp) -> None:
    """Delete items that a commit wrote and that can never become visible, unless another commit has replaced them."""
    for item in puts:
        key: Key = {"pk": item["pk"], "sk": item["sk"]}
        with contextlib.suppress(ConditionFailed):
            table.delete(key, stamp.own())

"""Moving what has ended from the hot item to the logs: one transaction, computed from the state that it replaces.

The change is made for one `rev` of the session. If another process wrote in between, the refused transaction returns
the current item, and the change is computed again from it. So the session that a commit returns is exactly what is
stored, without another read.

What does not fit into one transaction (100 items, 4 MB) is written before it in fenced transactions of its own. Log
items above the hot item's counters are invisible, and the next attempt overwrites them. The last transaction makes
all of them visible at once.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from forge.dynamodb.codec import Item
from forge.dynamodb.conditions import ConditionFailed
from forge.dynamodb.table import TRANSACTION_ITEMS, Table
from forge.dynamodb.write import ConditionalWrite
from forge.errors import Contended
from forge.models.session import Session
from forge.store import keys
from forge.store.config import CONTENTION_TRIES
from forge.store.limits.daily_tokens import Count
from forge.store.stored.session_item import session_of

_BATCH_BYTES = 3_000_000
_BESIDE = 2
"""Items of the last transaction besides the log items: the hot item and an owner's count."""


@dataclass(frozen=True, slots=True)
class Transition:
    """`change` of the hot item, the log items `puts` that are written with it, and the session after both."""

    change: ConditionalWrite
    puts: list[Item]
    after: Session


def commit(
    table: Table,
    session: Session,
    step_from: Callable[[Session], Transition],
    fence: Callable[[ConditionalWrite, Session], ConditionalWrite],
    check: Callable[[Item | None], Session | None],
    counts: Sequence[Count] = (),
) -> Session:
    """`fence` adds the condition for the right to write; the last transaction adds to the `counts` once.

    After a refusal `check` gets the item: it raises if that right is lost, and returns the session if this commit has
    already been applied.
    """
    for _ in range(CONTENTION_TRIES):
        step = step_from(session)
        change = (
            fence(step.change, session)
            .assign("rev = rev + :one", one=1)
            .when("rev = :seen", seen=session.rev)
        )
        try:
            *ahead, last = _batches(step.puts)
            for puts in ahead:
                _write_ahead(table, session, fence(ConditionalWrite(), session), puts)
            _write(table, session, change, last, counts)
        except ConditionFailed as refused:
            if done := check(refused.item):
                return done
            session = session_of(refused.item or {})
        else:
            return step.after.model_copy(update={"rev": session.rev + 1})
    raise Contended(retry_after=1.0)


def _write(
    table: Table, session: Session, change: ConditionalWrite, puts: Sequence[Item], counts: Sequence[Count]
) -> None:
    key = keys.hot(session.key)
    if puts or counts:
        added = [table.updating(counted, count) for counted, count in counts]
        table.transact([table.updating(key, change), *(table.putting(item) for item in puts), *added])
    else:
        table.update(key, change)


def _write_ahead(table: Table, session: Session, fence: ConditionalWrite, puts: Sequence[Item]) -> None:
    table.transact([table.checking(keys.hot(session.key), fence), *(table.putting(item) for item in puts)])


def _batches(items: Sequence[Item]) -> Generator[list[Item]]:
    batch: list[Item] = []
    size = 0
    for item in items:
        weight = _size(item)
        if len(batch) == TRANSACTION_ITEMS - _BESIDE or size + weight > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += weight
    yield batch


def _size(item: Item) -> int:
    """Return the approximate size; only text and bytes are counted."""
    values = [value for value in item.values() if isinstance(value, (str, bytes))]
    return sum(len(value.encode() if isinstance(value, str) else value) for value in values)

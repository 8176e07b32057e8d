"""Moving what has ended from the hot item to the logs: one transaction, computed from the state that it replaces.

The change is made for one `rev` of the session. If somebody else wrote in between, the refused transaction returns
what stands there now, and the change is computed again from that. So the session that a commit returns is exactly
what is stored, without reading it again.

What does not fit into one transaction (100 items, 4 MB) goes ahead in fenced ones of its own: log items above the
hot item's counters are invisible, and the next attempt overwrites them. All becomes visible at once by the last.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from forge.dynamodb.codec import Item
from forge.dynamodb.conditions import ConditionFailed
from forge.dynamodb.table import TRANSACTION_ITEMS, Table
from forge.dynamodb.write import ConditionalWrite
from forge.errors import StorageUnavailable
from forge.models.session import Session
from forge.store import keys
from forge.store.config import CONTENTION_TRIES
from forge.store.limits.daily_tokens import Count
from forge.store.stored.session_item import session_of

_BATCH_BYTES = 3_000_000
_BESIDE = 2
"""The hot item and an owner's count."""


@dataclass(frozen=True, slots=True)
class Transition:
    """`change` of the hot item, the log items `puts` that go with it, and the session after both."""

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
    """`fence` adds the condition that is the right to write; `counts` are added to once, in the last transaction.

    `check` looks at the item after a refusal: it raises if that right is lost, and returns the session if this very
    commit has been applied already.
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
    raise StorageUnavailable("The session is too busy.", retry_after=1.0)


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
    """Near enough: only text and bytes weigh."""
    values = [value for value in item.values() if isinstance(value, (str, bytes))]
    return sum(len(value.encode() if isinstance(value, str) else value) for value in values)

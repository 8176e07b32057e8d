"""Moving what has ended from the hot item to the logs: all at once, computed from the state that it replaces.

The change is made for one `rev` of the session. If another process wrote in between, the refused write returns
the current item, and the change is computed again from it. So the session that a commit returns is exactly what is
stored, without another read.

Log items above the hot item's counters are invisible until an update of the hot item increases the counters. If there
are few items, a worker writes them one by one before that update (`ahead`). Otherwise one transaction writes them with
the update. What does not fit into one transaction (100 items, 4 MB) is written before it in fenced transactions of its
own.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from forge.dynamodb.codec import Item
from forge.dynamodb.conditions import ConditionFailed
from forge.dynamodb.table import TRANSACTION_ITEMS, Table
from forge.dynamodb.write import ConditionalWrite
from forge.errors import Contended, LeaseLost
from forge.models.message import Message
from forge.models.session import Session
from forge.store import keys
from forge.store.config import CONTENTION_TRIES
from forge.store.limits.owner_daily_tokens import Count
from forge.store.running.write_ahead import Rivalled, Stamp, may_go_ahead, new_writer, put_ahead, take_back
from forge.store.stored.lenient_reading import plain
from forge.store.stored.session_item import session_of

_BATCH_BYTES = 3_000_000
_BESIDE = 2
"""Items of the last transaction besides the log items: the hot item and an owner's count."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One step of a session."""

    change: ConditionalWrite
    """The change of the hot item."""
    puts: list[Item]
    """The log items that are written with the change."""
    after: Session
    """The session after both."""
    messages: Sequence[Message] = ()
    """The messages of the log that `puts` store, as they are numbered there."""


Fence = Callable[[ConditionalWrite, Session], ConditionalWrite]
"""Adds the condition for the right to write."""
Check = Callable[[Item | None], Session | None]
"""Gets the item after a refusal: it raises if the right to write is lost, and returns the session if this commit has
already been applied.
"""


def commit(
    table: Table,
    session: Session,
    step_from: Callable[[Session], Transition],
    fence: Fence,
    check: Check,
    counts: Sequence[Count] = (),
    *,
    ahead: bool = False,
) -> Session:
    """The last write adds to the `counts` once. `ahead`: the log items may be written before it."""
    attempt = _Commit(table, fence, check, counts, new_writer())
    for _ in range(CONTENTION_TRIES):
        step = step_from(session)
        hidden = step.puts if ahead and may_go_ahead(session, step.puts) else []
        try:
            attempt.write(session, step, hidden)
        except Rivalled:
            ahead = False
            done, session = attempt.move_on(session)
        except ConditionFailed as refused:
            done, session = attempt.looked_at(refused.item, session, hidden)
        else:
            return step.after.model_copy(update={"rev": session.rev + 1})
        if done:
            return session
    raise Contended(retry_after=1.0)


@dataclass(frozen=True, slots=True)
class _Commit:
    """One commit with all its tries. `writer` identifies it."""

    table: Table
    fence: Fence
    check: Check
    counts: Sequence[Count]
    writer: str

    def write(self, session: Session, step: Transition, hidden: Sequence[Item]) -> None:
        """`hidden` items are written ahead. Raises `Rivalled`, and `ConditionFailed` for the hot item."""
        stamp = Stamp.of(session, self.writer)
        put_ahead(self.table, stamp.on(hidden), stamp)
        *early, last = _batches([] if hidden else stamp.on(step.puts))
        for batch in early:
            self._write_early(session, batch, stamp)
        self._write_last(session, step.change, last)

    def move_on(self, session: Session) -> tuple[bool, Session]:
        """Increase `rev`, unless this commit is already applied. No other commit for the old `rev` can then succeed."""
        done, session = self._found(self.table.get(keys.hot(session.key)))
        if done:
            return True, session
        bump = self.fence(ConditionalWrite(), session).assign("rev = rev + :one", one=1)
        try:
            return self._found(self.table.update(keys.hot(session.key), bump))
        except ConditionFailed as refused:
            return self._found(refused.item)

    def looked_at(self, item: Item | None, session: Session, hidden: Sequence[Item]) -> tuple[bool, Session]:
        """Whether the commit is applied, and the current session. Items that can never become visible are deleted."""
        try:
            return self._found(item)
        except LeaseLost:
            if _will_never_show(item, session):
                take_back(self.table, hidden, Stamp.of(session, self.writer))
            raise

    def _found(self, item: Item | None) -> tuple[bool, Session]:
        if done := self.check(item):
            return True, done
        return False, session_of(item or {})

    def _write_last(self, session: Session, change: ConditionalWrite, puts: Sequence[Item]) -> None:
        key = keys.hot(session.key)
        change = self._only_at(session, self.fence(change, session)).assign("rev = rev + :one", one=1)
        if puts or self.counts:
            added = [self.table.updating(counted, count) for counted, count in self.counts]
            written = [self.table.putting(item) for item in puts]
            self.table.transact([self.table.updating(key, change), *written, *added])
        else:
            self.table.update(key, change)

    def _write_early(self, session: Session, puts: Sequence[Item], stamp: Stamp) -> None:
        held = self._only_at(session, self.fence(ConditionalWrite(), session))
        checked = self.table.checking(keys.hot(session.key), held)
        unrivalled = stamp.unrivalled_or_unstamped()
        try:
            self.table.transact([checked, *(self.table.putting(item, unrivalled) for item in puts)])
        except ConditionFailed as refused:
            if refused.index:
                raise Rivalled from None
            raise

    def _only_at(self, session: Session, change: ConditionalWrite) -> ConditionalWrite:
        return change.when("rev = :seen", seen=session.rev)


def _will_never_show(item: Item | None, session: Session) -> bool:
    """Whether a commit that replaces `session` was not applied and can no longer be applied.

    That is so if the generation is gone, or if its `rev` has increased and its counters have not. Counters only
    increase, until a deletion sets them to zero.
    """
    if item is None or plain(item.get("generation"), int, session.generation) != session.generation:
        return True
    rev, logged, history = (plain(item.get(name), int, None) for name in ("rev", "logged", "history_count"))
    if rev is None or logged is None or history is None:
        return False
    return rev > session.rev and logged <= session.logged and history <= session.history


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

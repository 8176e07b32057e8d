"""A person who has logged in adopts a session that was opened without a login: it gets an owner and a new id.

1. One conditional write records the adoption. It decides who may take the session, and under which new id.
2. The messages, LLM history and journal are copied: only what the session shows, because that never changes. So a
   copy that arrives late, when the session already has an owner, repeats what is there. The new id is not visible
   yet. An item in the index of the owner's sessions marks the copy, so that deleting the account finds an
   interrupted one.
3. One transaction ends the session under its old id and begins it under the new id. Its condition is the `rev`
   from which the copy was made, and that the copy is still marked. If a message arrived in the meantime, or the
   deletion of the account has deleted the copy, it is made again, so nothing is lost.
4. The items under the old id are deleted.

An interrupted adoption continues with the next request. Until step 3 the session is complete under its old id, then
under its new id. If step 4 is interrupted, the rest is deleted when DynamoDB removes the old hot item.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forge.dynamodb.codec import Item
from forge.dynamodb.conditions import ConditionFailed
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.errors import Contended, NotFound, SessionBusy
from forge.models.account import Adopted
from forge.models.session import Session
from forge.models.session_key import SessionKey
from forge.store import keys
from forge.store.config import CONTENTION_TRIES, StoreConfig
from forge.store.controls import connections_of
from forge.store.endings.end_session import ended, tell_run
from forge.store.stored.delete_session_items import delete_children
from forge.store.stored.item_repair import mended, whole
from forge.store.stored.item_schema import completed
from forge.store.stored.lenient_reading import plain
from forge.store.stored.session_item import WORK_ATTRIBUTES, only_if, session_of
from forge.store.stored.session_lifetime import alive

RECORD_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Adoption:
    """One adoption."""

    table: Table
    """The DynamoDB table."""
    config: StoreConfig
    """The store's configuration."""
    now: int
    """The time of the request, in epoch milliseconds."""
    left: SessionKey
    """The session's old key."""
    wanted: SessionKey
    """The key that the session gets, unless an earlier call has chosen one already."""

    def carry_out(self) -> Adopted:
        """Raises `NotFound`, also for a session that another person has adopted, and `SessionBusy`."""
        record, old = self._read()
        if old is None or not alive(old, self.now):
            return self._done(self._mine(record), old)
        generation = plain(old.get("generation"), int, 0)
        if record is None or record.get("generation") != generation:
            _refuse_busy(completed(old), self.now)
        else:
            self._mine(record)
        return mended(
            self.table,
            self.left,
            self.config.defaults(self.now),
            lambda: self._move(self._decide(generation)),
        )

    def _read(self) -> tuple[Item | None, Item | None]:
        """Read the record and the session, always in one call, so that the call's duration does not reveal what
        exists.
        """
        found = {item["pk"]: item for item in self.table.read_many([self._where(), keys.hot(self.left)])}
        record = found.get(self._where()["pk"])
        return record if alive(record, self.now) else None, found.get(keys.partition(self.left))

    def _where(self) -> keys.Key:
        return keys.single("adoption", str(self.left))

    def _mine(self, record: Item | None) -> SessionKey:
        """Return the id under which this person has adopted the session. Raises `NotFound` if another person has."""
        taken_as = SessionKey.parse(plain((record or {}).get("taken_as"), str, ""))
        if taken_as.owner != self.wanted.owner:
            raise NotFound
        return taken_as

    def _decide(self, generation: int) -> SessionKey:
        """Record the adoption. Of several concurrent callers one gets the session. Raises `NotFound` for the others.

        An id that has begun a new generation can be adopted again.
        """
        seconds = self.now // 1_000
        free = ConditionalWrite().given(seconds=seconds, generation=generation)
        free.when("attribute_not_exists(pk) OR expires_at <= :seconds OR generation <> :generation")
        record = {
            **self._where(),
            "taken_as": str(self.wanted),
            "generation": generation,
            "expires_at": seconds + RECORD_SECONDS,
        }
        try:
            self.table.put(record, free)
            return self.wanted
        except ConditionFailed as refused:
            return self._mine(refused.item)

    def _done(self, taken_as: SessionKey, old: Item | None) -> Adopted:
        """Finish an adoption whose session was moved before, by deleting what was left under the old id."""
        item = self.table.get(keys.hot(taken_as))
        if item is None or not alive(item, self.now):
            raise NotFound
        self.table.delete(keys.copy(taken_as))
        return self._left_behind(item, plain((old or item).get("generation"), int, 0))

    def _move(self, target: SessionKey) -> Adopted:
        for _ in range(CONTENTION_TRIES):
            old = self.table.get(keys.hot(self.left))
            if old is None or not alive(old, self.now):
                return self._done(target, old)
            _refuse_busy(whole(old), self.now)
            self.table.put(self._begun(target))
            self.table.put_many(self._copies(target, session_of(old)))
            new = self._renamed(old, target)
            writes = [self._end(old), self.table.putting(new, only_if(ConditionalWrite(), None))]
            marked = ConditionalWrite().when("attribute_exists(pk)")
            try:
                self.table.transact([*writes, self.table.deleting(keys.copy(target), marked)])
            except ConditionFailed:
                continue
            return self._left_behind(new, old["generation"])
        raise Contended(retry_after=1.0)

    def _begun(self, target: SessionKey) -> Item:
        end = self.config.lifetime.child_end(self.now)
        return {**keys.copy(target), **keys.owned(target), "created_at": self.now, "expires_at": end}

    def _copies(self, target: SessionKey, session: Session) -> Iterator[Item]:
        generation = session.generation
        shown = [keys.children_range("call", generation)]
        if session.logged:
            shown.append(keys.message_range(generation, 0, session.logged))
        if session.history:
            shown.append(keys.entry_range(generation, 0, session.history))
        for key_range in shown:
            found = self.table.query(keys.partition(self.left), key_range)
            yield from ({**item, "pk": keys.partition(target)} for item in found)

    def _renamed(self, old: Item, target: SessionKey) -> Item:
        """Adopting a session counts as activity."""
        return {
            **{name: value for name, value in old.items() if name not in WORK_ATTRIBUTES},
            **keys.hot(target),
            **keys.owned(target),
            "rev": old["rev"] + 1,
            "fence": old["fence"] + 1,
            "last_activity_at": self.now,
            "expires_at": max(old["expires_at"], self.config.lifetime.session_end(self.now)),
        }

    def _end(self, old: Item) -> dict[str, object]:
        return self.table.updating(keys.hot(self.left), only_if(ended(self.now), old))

    def _left_behind(self, new: Item, generation: int) -> Adopted:
        control = tell_run(self.table, self.left, generation, self.now)
        delete_children(self.table, self.left, generation)
        return Adopted(session_of(new), self.left, generation, connections_of(control))


def _refuse_busy(item: Item, now: int) -> None:
    """A run and a wallet report under the id under which they began, so the session must have neither. Raises
    `SessionBusy`.
    """
    if "active_id" in item or item["inbox_order"]:
        raise SessionBusy(
            "A run is in progress in this session; take the session over when the run has ended."
        )
    if any(each.claim and each.claim.until > now for each in session_of(item).approvals):
        raise SessionBusy("A wallet is asked to sign a request of this session; answer it there first.")

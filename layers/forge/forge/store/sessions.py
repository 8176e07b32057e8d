"""Sessions as the functions see them. Methods return `None` for an absent, expired or deleted session; reading
creates nothing.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from forge.dynamodb.codec import Item
from forge.dynamodb.conditions import ConditionFailed
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.errors import Contended, NotFound, SessionUnreadable
from forge.models.account import ErasedAlone
from forge.models.message import Message
from forge.models.session import Session
from forge.models.session_key import SessionKey
from forge.ports.clock import Clock
from forge.store import keys as layout
from forge.store.config import CONTENTION_TRIES, TOUCH_MS, StoreConfig
from forge.store.endings.erase_session import SessionEraser
from forge.store.limits.daily_limits import DailyLimits
from forge.store.stored.item_repair import mended, whole
from forge.store.stored.message_log import messages_of, whole_text
from forge.store.stored.recent_messages import RecentMessages
from forge.store.stored.session_item import current, new_item, only_if, session_of
from forge.store.stored.session_lifetime import alive


@dataclass(frozen=True, slots=True)
class TableSessions:
    table: Table
    """The DynamoDB table."""
    config: StoreConfig
    """The store's configuration."""
    clock: Clock
    """The time in epoch milliseconds."""
    daily_limits: DailyLimits
    """The daily limits of the whole deployment."""
    recent: RecentMessages
    """The messages of long conversations that were read last."""

    def get(self, key: SessionKey) -> Session | None:
        item = self.table.get(layout.hot(key))
        now = self.clock()
        return current(session_of(item), now) if item and alive(item, now) else None

    def messages(self, session: Session, start: int = 0, stop: int | None = None) -> builtins.list[Message]:
        stop = session.logged if stop is None else min(stop, session.logged)
        if start >= stop:
            return []
        return self.recent.of(session, start, stop, partial(self._read, session))

    def _read(self, session: Session, start: int, stop: int) -> builtins.list[Message]:
        between = layout.message_range(session.generation, start, stop)
        return messages_of(self.table.query(layout.partition(session.key), between))

    def streaming_text(self, session: Session) -> str:
        return whole_text(self.table, session)

    def list(self, keys: Sequence[SessionKey]) -> builtins.list[Session]:
        now = self.clock()
        wanted = list(dict.fromkeys(keys))
        items = self.table.read_many([layout.hot(key) for key in wanted])
        found = {
            session.key: current(session, now)
            for session in (_readable(item) for item in items if alive(item, now))
            if session
        }
        return [found[key] for key in wanted if key in found]

    def rename(self, key: SessionKey, title: str) -> Session:
        session = self._changed(key, {"title": title})
        if session is None:
            raise NotFound
        return session

    def set_network(self, key: SessionKey, network: str, payer: str = "") -> Session:
        return self._set(key, payer, network=network)

    def set_wallet(self, key: SessionKey, account: str | None, payer: str = "") -> Session:
        return self._set(key, payer, wallet=account)

    def _set(self, key: SessionKey, payer: str, **values: str | None) -> Session:
        """Write into the living session, or into a new one."""
        defaults = self.config.defaults(self.clock())
        return mended(self.table, key, defaults, lambda: self._set_now(key, payer, values))

    def _set_now(self, key: SessionKey, payer: str, values: dict[str, str | None]) -> Session:
        now = self.clock()
        for _ in range(CONTENTION_TRIES):
            try:
                return self._write_living(key, values)
            except ConditionFailed as refused:
                old = refused.item
            if old and alive(old, now):
                whole(old)
            first = {
                "network": self.config.network,
                "expires_at": self.config.lifetime.session_end(now),
                **values,
            }
            create = partial(self._create, new_item(key, now, old, **first), old)
            if created := self.daily_limits.spend_on("sessions", create, caller=payer):
                return created
        raise Contended(retry_after=1.0)

    def _create(self, item: Item, old: Item | None) -> Session | None:
        """Return `None` if another request created the session first."""
        try:
            self.table.put(item, only_if(ConditionalWrite(), old))
        except ConditionFailed:
            return None
        return session_of(item)

    def touch(self, key: SessionKey) -> Session | None:
        """The write happens at most once a minute, or four times in a short life."""
        session, now = self.get(key), self.clock()
        if session is None or session.expires_at > self.config.lifetime.session_end(now):
            return session
        if now - session.last_activity_at < min(TOUCH_MS, self.config.lifetime.session_ms // 4):
            return session
        return self._changed(key, {})

    def _changed(self, key: SessionKey, values: dict[str, str | None]) -> Session | None:
        """Return the living session after the change; `None` if there is none."""

        def write() -> Session | None:
            try:
                return self._write_living(key, values)
            except ConditionFailed:
                return None

        return mended(self.table, key, self.config.defaults(self.clock()), write)

    def delete(self, key: SessionKey, name: str | None = None) -> ErasedAlone:
        return SessionEraser(self.table, self.clock(), key, name).erase()

    def _shown(self, item: Item) -> Session:
        return current(session_of(item), self.clock())

    def _living(self, values: dict[str, str | None], *, prolongs: bool) -> ConditionalWrite:
        """A change of a living session counts as activity. A session with work lives longer anyway, and no end is
        moved back.
        """
        now = self.clock()
        change = (
            ConditionalWrite()
            .set(**values)
            .assign("rev = rev + :one", one=1)
            .when("expires_at > :seconds", seconds=now // 1_000)
        )
        if not prolongs:
            return change
        end = self.config.lifetime.session_end(now)
        return change.set(expires_at=end, last_activity_at=now).when("expires_at <= :expires_at")

    def _write_living(self, key: SessionKey, values: dict[str, str | None]) -> Session:
        """Raises `ConditionFailed` if there is no living session."""
        try:
            return self._shown(self.table.update(layout.hot(key), self._living(values, prolongs=True)))
        except ConditionFailed as refused:
            if refused.item is None or not alive(refused.item, self.clock()):
                raise
            whole(refused.item)
        return self._shown(self.table.update(layout.hot(key), self._living(values, prolongs=False)))


def _readable(item: Item) -> Session | None:
    """Leave out a session that cannot be read, because it is one of many (`session_of` has logged it)."""
    try:
        return session_of(item)
    except SessionUnreadable:
        return None

"""Accepted messages that no run has begun with yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from forge.dynamodb.table import Table
from forge.errors import NotFound
from forge.models.ids import SessionKey
from forge.models.once import Accepted, Once
from forge.models.run import IfBusy, RunMessage, Submission
from forge.models.session import HotSession
from forge.ports import Clock
from forge.store.accept import accept
from forge.store.mend import mended
from forge.store.roofs import DailyRoofs
from forge.store.stop import interrupt_abandoned, withdraw
from forge.store.terms import Terms
from forge.store.unreadable_session import stop_unreadable
from forge.store.waiting import waiting


@dataclass(frozen=True, slots=True)
class TableInbox:
    table: Table
    terms: Terms
    clock: Clock
    roofs: DailyRoofs

    def accept(self, key: SessionKey, submission: Submission, if_busy: IfBusy = "enqueue") -> HotSession:
        session = self._accept(key, submission, if_busy, None).session
        if session is None:
            raise NotFound
        return session

    def accept_once(
        self, key: SessionKey, submission: Submission, if_busy: IfBusy, once: Once | None
    ) -> Accepted:
        return self._accept(key, submission, if_busy, once)

    def _accept(
        self, key: SessionKey, submission: Submission, if_busy: IfBusy, once: Once | None
    ) -> Accepted:
        now = self.clock()
        defaults = self.terms.defaults(now)
        return mended(
            self.table,
            key,
            defaults,
            lambda: accept(self.table, self.terms, now, key, submission, if_busy, once, self.roofs),
        )

    def withdraw(self, key: SessionKey, run_ids: Iterable[str]) -> HotSession | None:
        return withdraw(self.table, self.terms, self.clock(), key, frozenset(run_ids))

    def interrupt_abandoned(self, key: SessionKey, run_id: str) -> HotSession | None:
        return interrupt_abandoned(self.table, self.terms, self.clock(), key, run_id)

    def stop_unreadable(self, key: SessionKey) -> None:
        stop_unreadable(self.table, self.terms, self.clock(), key)

    def waiting(self, limit: int = 100, *, everything: bool = False) -> list[RunMessage]:
        return waiting(self.table, self.terms, self.clock(), limit, everything=everything)

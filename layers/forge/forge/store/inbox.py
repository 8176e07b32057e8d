"""Accepted messages that no run has begun with yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from forge.dynamodb.table import Table
from forge.errors import NotFound
from forge.models.ids import SessionKey
from forge.models.once import Accepted, Once
from forge.models.run import IfBusy, Submission
from forge.models.session import Session
from forge.ports import Clock
from forge.store.accept import accept
from forge.store.config import StoreConfig
from forge.store.mend import mended
from forge.store.roofs import DailyRoofs
from forge.store.stop import withdraw


@dataclass(frozen=True, slots=True)
class TableInbox:
    table: Table
    config: StoreConfig
    clock: Clock
    roofs: DailyRoofs

    def accept(self, key: SessionKey, submission: Submission, if_busy: IfBusy = "enqueue") -> Session:
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
        defaults = self.config.defaults(now)
        return mended(
            self.table,
            key,
            defaults,
            lambda: accept(self.table, self.config, now, key, submission, if_busy, once, self.roofs),
        )

    def withdraw(self, key: SessionKey, run_ids: Iterable[str]) -> Session | None:
        return withdraw(self.table, self.config, self.clock(), key, frozenset(run_ids))

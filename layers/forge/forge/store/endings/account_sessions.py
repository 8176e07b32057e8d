"""The sessions of a person who has logged in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forge.dynamodb.table import Table
from forge.models.account import Adopted, Erased, Erasure, OwnedPage
from forge.models.ids import new_session_id
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.ports.clock import Clock
from forge.store.config import StoreConfig
from forge.store.endings.adopt_session import Adoption
from forge.store.endings.erase_account import Eraser
from forge.store.endings.owned_sessions import owned_keys, owned_page


@dataclass(frozen=True, slots=True)
class TableAccounts:
    table: Table
    """The DynamoDB table."""
    config: StoreConfig
    """The store's configuration."""
    clock: Clock
    """The time in epoch milliseconds."""

    def sessions(self, owner: str, most: int, after: str | None) -> OwnedPage:
        return owned_page(self.table, self.clock(), owner, most, after)

    def adopt(self, session_id: str, owner: str) -> Adopted:
        left, wanted = SessionKey(ANONYMOUS, session_id), SessionKey(owner, new_session_id())
        return Adoption(self.table, self.config, self.clock(), left, wanted).carry_out()

    def keys(self, owner: str) -> Iterator[SessionKey]:
        return owned_keys(self.table, owner)

    def begin_erasure(self, owner: str, name: str) -> Erasure:
        return self._eraser(owner, name).begin()

    def erase(self, key: SessionKey, name: str) -> Erased:
        return self._eraser(key.owner, name).erase(key)

    def forget(self, key: SessionKey, name: str) -> None:
        self._eraser(key.owner, name).forget(key)

    def end_erasure(self, owner: str, name: str, *, is_finished: bool) -> Erasure:
        eraser = self._eraser(owner, name)
        return eraser.finish() if is_finished else eraser.so_far()

    def _eraser(self, owner: str, name: str) -> Eraser:
        return Eraser(self.table, self.clock(), owner, name)

"""Single-use tickets for WebSockets, kept by their digest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from forge.store import keys
from forge.store.keys import Key
from forge.store.table import Table


@dataclass(frozen=True, slots=True)
class TableTickets:
    table: Table

    def issue(self, ticket: str, owner: str, until: int) -> None:
        self.table.put({**_key(ticket), "owner_id": owner, "until": until, "expires_at": until // 1_000 + 1})

    def redeem(self, ticket: str, now: int) -> str | None:
        """Only one of several redeemers gets what the deletion returns."""
        item = self.table.delete(_key(ticket))
        until, owner = (item or {}).get("until"), (item or {}).get("owner_id")
        return owner if type(owner) is str and type(until) is int and until > now else None


def _key(ticket: str) -> Key:
    return keys.single("ticket", hashlib.sha256(ticket.encode()).hexdigest())

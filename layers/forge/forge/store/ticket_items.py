"""Single-use tickets for WebSockets and event streams, stored by their digest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from forge.dynamodb.codec import Item, Key
from forge.dynamodb.table import Table
from forge.models.caller import Grant
from forge.models.session_key import SessionKey
from forge.store import keys
from forge.store.stored.lenient_reading import plain


@dataclass(frozen=True, slots=True)
class TableTickets:
    table: Table
    """The DynamoDB table."""

    def issue(self, ticket: str, grant: Grant, until: int) -> None:
        item: Item = {
            **_key(ticket),
            "session_key": str(grant.key),
            "origin": grant.origin,
            "until": until,
            "expires_at": until // 1_000 + 1,
        }
        self.table.put(item if grant.until is None else {**item, "token_until": grant.until})

    def redeem(self, ticket: str, now: int) -> Grant | None:
        """If several callers redeem a ticket at once, only one of them gets the deleted item."""
        item = self.table.delete(_key(ticket)) or {}
        if plain(item.get("until"), int, 0) <= now or type(item.get("session_key")) is not str:
            return None
        return Grant(
            SessionKey.parse(item["session_key"]),
            plain(item.get("origin"), str, ""),
            plain(item.get("token_until"), int, None),
        )


def _key(ticket: str) -> Key:
    return keys.single("ticket", hashlib.sha256(ticket.encode()).hexdigest())

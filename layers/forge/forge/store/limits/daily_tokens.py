"""Tokens that a signed-in owner's runs use on one UTC day: one item per owner and day, counted with what used them.

An anonymous session has no owner: everybody could begin another one, so only its runs' own limits count.
"""

from __future__ import annotations

from datetime import UTC, datetime

from forge.dynamodb.codec import Key
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.models.ids import ANONYMOUS, SessionKey
from forge.store import keys
from forge.store.config import StoreConfig
from forge.store.stored.lenient import plain

_KEPT_SECONDS = 3 * 86_400

Count = tuple[Key, ConditionalWrite]
"""An item, and what a transaction adds to it."""


def counts(key: SessionKey, tokens: int, config: StoreConfig, now: int) -> list[Count]:
    """To be written in the transaction that stores what `tokens` were used for; nothing without a limit."""
    if not tokens or not _is_limited(key, config):
        return []
    change = ConditionalWrite().add("tokens", tokens).set(expires_at=now // 1_000 + _KEPT_SECONDS)
    return [(_item(key, now), change)]


def tokens_left(table: Table, key: SessionKey, config: StoreConfig, now: int) -> int | None:
    """`None`: there is no limit."""
    if not _is_limited(key, config):
        return None
    item = table.get(_item(key, now))
    return max(0, config.owner_tokens - plain((item or {}).get("tokens"), int, 0))


def _is_limited(key: SessionKey, config: StoreConfig) -> bool:
    return config.owner_tokens > 0 and key.owner != ANONYMOUS


def _item(key: SessionKey, now: int) -> Key:
    day = datetime.fromtimestamp(now / 1_000, UTC).date().isoformat()
    return keys.single("usage", f"{day}#{key.owner}")

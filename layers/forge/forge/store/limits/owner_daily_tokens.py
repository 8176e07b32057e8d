"""LLM tokens that a signed-in owner's runs use on one UTC day, in one item for each owner and day.

An anonymous session has no owner, and anybody could begin another one, so only the limits of its runs apply.
"""

from __future__ import annotations

from datetime import UTC, datetime

from forge.dynamodb.codec import Key
from forge.dynamodb.table import Table
from forge.dynamodb.write import ConditionalWrite
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.store import keys
from forge.store.config import StoreConfig
from forge.store.stored.lenient_reading import plain

_KEPT_SECONDS = 3 * 86_400

Count = tuple[Key, ConditionalWrite]
"""The key of an item, and the change that a transaction makes to it."""


def counts(key: SessionKey, tokens: int, config: StoreConfig, now: int) -> list[Count]:
    """Return the changes for the transaction that stores what the `tokens` were used for; none without a limit."""
    if not tokens or not _is_limited(key, config):
        return []
    change = ConditionalWrite().add("tokens", tokens).set(expires_at=now // 1_000 + _KEPT_SECONDS)
    return [(_item(key, now), change)]


def tokens_left(table: Table, key: SessionKey, config: StoreConfig, now: int) -> int | None:
    """Return the tokens that are left; `None`: there is no limit."""
    if not _is_limited(key, config):
        return None
    item = table.get(_item(key, now))
    return max(0, config.owner_tokens - plain((item or {}).get("tokens"), int, 0))


def _is_limited(key: SessionKey, config: StoreConfig) -> bool:
    return config.owner_tokens > 0 and key.owner != ANONYMOUS


def _item(key: SessionKey, now: int) -> Key:
    day = datetime.fromtimestamp(now / 1_000, UTC).date().isoformat()
    return keys.single("usage", f"{day}#{key.owner}")

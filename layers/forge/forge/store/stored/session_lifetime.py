"""Whether a stored item still counts, or its session has expired."""

from __future__ import annotations

from forge.dynamodb.codec import Item


def alive(item: Item | None, now: int) -> bool:
    """DynamoDB's TTL deletes late, so an item whose end has passed counts as absent. An item without an end is alive;
    the next change sets one.
    """
    if item is None:
        return False
    end = item.get("expires_at")
    return type(end) is not int or end > now // 1_000

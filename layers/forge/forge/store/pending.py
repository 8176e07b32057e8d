"""Tool calls that wait for the person's word, and why they do, as the hot item holds them."""

from __future__ import annotations

from forge.dynamodb.codec import Item
from forge.models.asking import Ask
from forge.store.lenient import lenient
from forge.store.unreadable import note_unreadable


def asks_of(item: Item) -> list[Ask]:
    """One that cannot be read can never be allowed: it is left out."""
    found = [lenient(Ask, text) for text in item.get("asks", [])]
    if None in found:
        note_unreadable({**item, "sk": "ask"})
    return [ask for ask in found if ask]


def strangers_of(item: Item) -> list[str]:
    """The tools whose results have brought words of strangers into the conversation."""
    return [str(each) for each in item.get("strangers", [])]

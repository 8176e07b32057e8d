"""Messages as items of the table, and back. Long text is in parts of at most 32,000 bytes, cut between characters; each
cut depends only on the text before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import ValidationError

from forge.dynamodb.codec import Item
from forge.dynamodb.table import Table
from forge.models.message import Message, ToolDisplay
from forge.models.session import Session
from forge.models.session_key import SessionKey
from forge.models.wallet_receipt import WalletReceipt
from forge.store import keys
from forge.store.stored.lenient_reading import lenient, plain
from forge.store.stored.streaming_text import tail_of
from forge.store.stored.unreadable_items import note_unreadable

PART_BYTES = 32_000
_HEAD_SEPARATORS = 2
"""Number of `#` in the sort key of a message's head; the keys of its parts have one more."""
UNREADABLE = "(This message cannot be read: what is stored of it is damaged, or a newer version wrote it.)"


class Unreadable(Message):
    """Stands in the place of a message that cannot be read."""


def split(text: str) -> list[str]:
    """Return full parts and a last part that is not full; there is at least one, and the last may be empty."""
    parts: list[str] = []
    data, start = text.encode(), 0
    while len(data) - start > PART_BYTES:
        end = start + PART_BYTES
        while data[end] & 0xC0 == 0x80:
            end -= 1
        parts.append(data[start:end].decode())
        start = end
    return [*parts, data[start:].decode()]


def part_item(key: SessionKey, generation: int, seq: int, part: int, text: str, expires_at: int) -> Item:
    return {**keys.message_part(key, generation, seq, part), "content": text, "expires_at": expires_at}


def message_items(key: SessionKey, generation: int, message: Message, expires_at: int) -> list[Item]:
    """Return the items of a finished message. A long message has a head without content, and parts."""
    head: Item = {
        **keys.message(key, generation, message.seq),
        "sender": message.sender,
        "kind": message.kind,
        "created_at": message.created_at,
        "run_id": message.run_id,
        "tool": message.tool.model_dump_json(exclude_none=True) if message.tool else None,
        "expires_at": expires_at,
    }
    if message.run_end:
        head["run_end"] = message.run_end
    if message.answer_end:
        head["answer_end"] = message.answer_end
    if message.receipt:
        head["receipt"] = message.receipt.model_dump_json(exclude_none=True)
    parts = split(message.content)
    if len(parts) == 1:
        return [{**head, "content": message.content}]
    numbered = enumerate(parts)
    items = [part_item(key, generation, message.seq, number, text, expires_at) for number, text in numbered]
    return [{**head, "parts": len(parts)}, *items]


def messages_of(items: Iterable[Item]) -> list[Message]:
    """`items` are heads and parts in order of their keys. Parts that no head counts are leftovers of an earlier
    attempt.
    """
    found: list[Message] = []
    head: Item = {}
    parts: list[Item] = []

    def close() -> None:
        if head:
            found.append(_message(head, parts))

    for item in items:
        if item["sk"].count("#") == _HEAD_SEPARATORS:
            close()
            head, parts = item, []
        else:
            parts.append(item)
    close()
    return found


def streaming_parts(table: Table, session: Session) -> str:
    """Return the parts of the streaming text that are no longer in the hot item."""
    if session.active is None or not session.active.text_parts:
        return ""
    pk = keys.partition(session.key)
    items = table.query(pk, keys.part_range(session.generation, session.text_seq))
    texts: list[str] = [plain(item.get("content"), str, "") for item in items]
    return "".join(texts[: session.active.text_parts])


def whole_text(table: Table, session: Session) -> str:
    return streaming_parts(table, session) + tail_of(table, session) if session.active else ""


def _message(head: Item, parts: Sequence[Item]) -> Message:
    """A message that cannot be read keeps its place, with a text that says so."""
    try:
        return _read(head, parts)
    except (KeyError, TypeError, ValidationError) as error:
        note_unreadable(head, error)
        created_at = plain(head.get("created_at"), int, 0)
        return Unreadable(
            seq=_seq(head), sender="system", kind="notice", content=UNREADABLE, created_at=max(0, created_at)
        )


def _read(head: Item, parts: Sequence[Item]) -> Message:
    content: str = (
        "".join(part["content"] for part in parts[: head["parts"]]) if "parts" in head else head["content"]
    )
    return Message(
        seq=_seq(head),
        sender=head["sender"],
        kind=head["kind"],
        content=content,
        created_at=head["created_at"],
        run_id=head.get("run_id"),
        tool=lenient(ToolDisplay, head["tool"]) if head.get("tool") else None,
        receipt=lenient(WalletReceipt, head["receipt"]) if head.get("receipt") else None,
        run_end=head.get("run_end"),
        answer_end=head.get("answer_end"),
    )


def _seq(head: Item) -> int:
    return int(head["sk"].rpartition("#")[2])

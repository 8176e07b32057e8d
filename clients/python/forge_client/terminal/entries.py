"""Converts messages to the entries of the screen: a tool call and its result are one entry."""

from __future__ import annotations

from typing import NamedTuple

from forge_client.conversation import Conversation
from forge_client.frames import Message


class Entry(NamedTuple):
    """What one widget of the screen shows."""

    key: str
    """The widget's id, which stays the same while the entry grows."""
    message: Message
    """The message, or the call if the entry is a tool call."""
    result: Message | None = None
    """The result of a tool call, once it has arrived."""


def entries(conversation: Conversation) -> list[Entry]:
    """Return the entries in reading order, queued ones last."""
    shown: list[Entry] = []
    calls: dict[str, int] = {}
    for message in conversation.messages:
        if message.tool and message.kind == "tool_result" and message.tool.call_id in calls:
            index = calls.pop(message.tool.call_id)
            shown[index] = shown[index]._replace(result=message)
            continue
        if message.tool and message.kind == "tool_call":
            calls[message.tool.call_id] = len(shown)
        shown.append(Entry(_key(conversation.generation, message), message))
    return shown


def _key(generation: int, message: Message) -> str:
    return f"queued-{message.run_id}" if message.seq is None else f"message-{generation}-{message.seq}"

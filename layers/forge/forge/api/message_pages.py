"""Bounded pages of a message log: its newest messages, or those before or after what a client holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic_core import to_json

from forge.models.message import Message
from forge.models.session import Session

if TYPE_CHECKING:
    from forge.ports.sessions import Sessions

MESSAGES_LIMIT = 500
"""Maximum number of messages in one State."""
BYTES_LIMIT = 1_000_000
"""Maximum of encoded message bytes in one State. A response of an invocation may have 6 MB, and a person waits for
all of it.
"""
MESSAGE_BYTES = 500
"""Upper bound of the encoded bytes of a message besides its content."""
_READ_AT_ONCE = 200


def page(sessions: Sessions, session: Session, before: int, limit: int) -> list[Message]:
    """Return the last messages with numbers below `before`, at most `limit` of them and as many as `BYTES_LIMIT`
    allows.

    The newest of them is always included, even if it alone exceeds `BYTES_LIMIT`.
    """
    found: list[Message] = []
    stop = min(before, session.logged)
    while stop > 0 and len(found) < limit and len(fitting(found)) == len(found):
        start = max(0, stop - min(_READ_AT_ONCE, limit - len(found)))
        found = [*sessions.messages(session, start, stop), *found]
        stop = start
    return fitting(found)


def following(sessions: Sessions, session: Session, start: int) -> list[Message]:
    """Return the messages from number `start` on, as many as one State holds; the first is always included."""
    found: list[Message] = []
    size = 0
    stop = min(session.logged, start + MESSAGES_LIMIT)
    for first in range(start, stop, _READ_AT_ONCE):
        for message in sessions.messages(session, first, min(stop, first + _READ_AT_ONCE)):
            size += encoded_size(message)
            if size > BYTES_LIMIT and found:
                return found
            found.append(message)
    return found


def fitting(messages: Sequence[Message]) -> list[Message]:
    """Return the newest of `messages` that one State holds; the last is always included."""
    size, first = 0, len(messages)
    for number in range(len(messages) - 1, max(-1, len(messages) - 1 - MESSAGES_LIMIT), -1):
        size += encoded_size(messages[number])
        if size > BYTES_LIMIT and first < len(messages):
            break
        first = number
    return list(messages[first:])


def encoded_size(message: Message) -> int:
    """Return the bytes of the message as JSON; a control character takes six."""
    tool = len(message.tool.model_dump_json()) if message.tool else 0
    return len(to_json(message.content)) + tool + MESSAGE_BYTES

"""The finished messages of long conversations that this process has read last, so that it need not read them again."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from sys import getsizeof
from threading import Lock
from typing import Any, cast

from forge.models.message import Message
from forge.models.session import Session
from forge.models.session_key import SessionKey
from forge.store.stored.message_log import Unreadable

BYTES_LIMIT = 4_000_000
LONG = 100
"""The number of messages from which on a read is worth keeping; fewer are read in a millisecond or two."""
IDLE_SECONDS = 300.0
"""Messages that are not used for this long are dropped."""
_MESSAGE_BYTES = 1_500
"""The memory of a message besides its content and the arguments of its tool call."""

Name = tuple[SessionKey, int]
Read = Callable[[int, int], list[Message]]
"""Reads the messages from the first number up to the second, without that."""


@dataclass(slots=True)
class _Kept:
    used_at: float = 0.0
    size: int = 0
    messages: dict[int, Message] = field(default_factory=dict[int, Message])


class RecentMessages:
    """A message below a session's `logged` never changes: no later write replaces an item of a commit that has become
    visible (docs/decisions/2026-11-26-log-items-written-ahead.md). After a deletion or an expiry the session has a
    greater generation, and another owner's session has another key. So what is kept cannot be out of date, whoever has
    written it. Nobody may ask beyond the `logged` of a session that was read. A message that could not be read is not
    kept, because its item may be mended.

    Several threads may call this at once.
    """

    def __init__(
        self,
        bytes_limit: int = BYTES_LIMIT,
        long: int = LONG,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit, self._long, self._now = bytes_limit, long, monotonic
        self._lock = Lock()
        self._bytes = 0
        self._kept: OrderedDict[Name, _Kept] = OrderedDict()

    def of(self, session: Session, start: int, stop: int, read: Read) -> list[Message]:
        """Return what `read(start, stop)` returns, and read only what lacks."""
        if stop - start < self._long:
            return read(start, stop)
        name = session.key, session.generation
        found = self._known(name)
        if lacking := [number for number in range(start, stop) if number not in found]:
            new = read(lacking[0], lacking[-1] + 1)
            found |= {message.seq: message for message in new}
            self._keep(name, new)
        return [found[number] for number in range(start, stop) if number in found]

    def _known(self, name: Name) -> dict[int, Message]:
        with self._lock:
            self._forget_idle()
            if name not in self._kept:
                return {}
            self._kept.move_to_end(name)
            self._kept[name].used_at = self._now()
            return dict(self._kept[name].messages)

    def _keep(self, name: Name, messages: Iterable[Message]) -> None:
        with self._lock:
            kept = self._kept.setdefault(name, _Kept(self._now()))
            readable = (message for message in messages if not isinstance(message, Unreadable))
            added = [message for message in readable if message.seq not in kept.messages]
            kept.messages |= {message.seq: message for message in added}
            size = sum(map(memory_of, added))
            kept.size += size
            self._bytes += size
            while self._bytes > self._limit:
                self._forget_oldest()

    def _forget_idle(self) -> None:
        while self._kept and self._now() - next(iter(self._kept.values())).used_at > IDLE_SECONDS:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        _, oldest = self._kept.popitem(last=False)
        self._bytes -= oldest.size


def memory_of(message: Message) -> int:
    """Return an estimate of the memory that the message takes, in bytes."""
    arguments = message.tool.arguments if message.tool else None
    return _MESSAGE_BYTES + getsizeof(message.content) + _memory_of_json(arguments)


def _memory_of_json(value: Any) -> int:
    own = getsizeof(value)
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value).items()
        return own + sum(getsizeof(name) + _memory_of_json(member) for name, member in members)
    if isinstance(value, list):
        return own + sum(map(_memory_of_json, cast("list[Any]", value)))
    return own

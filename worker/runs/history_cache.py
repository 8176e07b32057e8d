"""The LLM histories of the sessions that this worker served last, so that their next run need not read them."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from forge.models.session import Session
from forge.models.session_key import SessionKey

BYTES_LIMIT = 32_000_000
IDLE_SECONDS = 300.0
"""A history that is not used for this long is dropped."""


_Name = tuple[SessionKey, int]


@dataclass(frozen=True, slots=True)
class _Kept:
    start: int
    """The number of the first entry."""
    entries: list[bytes]
    at: float
    """The time of the last change, by the monotonic clock in seconds."""


class RecentHistories:
    """Within a generation a history only grows, and only by fenced writes: an entry below the session's count never
    changes (docs/decisions/2026-11-26-log-items-written-ahead.md). So what is cached is the beginning of what the run
    gets, whichever workers have written since, and only the entries after it are read. Only the part that a run gets
    is kept: the entries from `history_start` on.
    """

    def __init__(
        self, bytes_limit: int = BYTES_LIMIT, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit, self._now = bytes_limit, monotonic
        self._bytes = 0
        self._kept: OrderedDict[_Name, _Kept] = OrderedDict()

    def of(self, session: Session) -> list[bytes]:
        """Return the entries of `session` from its `history_start` on as far as they are known, maybe none."""
        kept = self._kept.get(_name(session))
        if kept is None or kept.start > session.history_start:
            return []
        return list(kept.entries[session.history_start - kept.start : session.history - kept.start])

    def keep(self, session: Session, entries: Sequence[bytes]) -> None:
        """`entries` are those of `session` from its `history_start` on. From one that could not be read on, they are
        read again.
        """
        self._forget(_name(session))
        readable = list(takewhile(bool, entries))
        self._kept[_name(session)] = _Kept(session.history_start, readable, self._now())
        self._bytes += _size(readable)
        while self._kept and (self._bytes > self._limit or self._is_idle(next(iter(self._kept)))):
            self._forget(next(iter(self._kept)))

    def grow(self, before: Session, entries: Sequence[bytes]) -> None:
        """`entries` were added to the history that `before` had. Nothing is kept of them if entries before them are
        not known.
        """
        known = self.of(before)
        if len(known) == before.history - before.history_start:
            after = before.model_copy(update={"history": before.history + len(entries)})
            self.keep(after, [*known, *entries][after.history_start - before.history_start :])

    def _is_idle(self, name: _Name) -> bool:
        return self._now() - self._kept[name].at > IDLE_SECONDS

    def _forget(self, name: _Name) -> None:
        if kept := self._kept.pop(name, None):
            self._bytes -= _size(kept.entries)


def _name(session: Session) -> _Name:
    return session.key, session.generation


def _size(entries: Sequence[bytes]) -> int:
    return sum(map(len, entries))

"""The LLM histories of the sessions that this worker served last, so that their next run need not read them."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from forge.models.ids import SessionKey
from forge.models.session import Session

BYTES_LIMIT = 32_000_000
IDLE_SECONDS = 300.0
"""A history that is not used for this long is dropped."""


class RecentHistories:
    """Within a generation a history only grows, and only by fenced writes. So a cached history whose length equals
    the session's is current, whichever worker has written it; any other is read again. Only the part that a run
    gets is kept: the entries from `history_start` on.
    """

    def __init__(
        self, bytes_limit: int = BYTES_LIMIT, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit, self._now = bytes_limit, monotonic
        self._bytes = 0
        self._entries: OrderedDict[tuple[SessionKey, int], list[bytes]] = OrderedDict()
        self._lengths: dict[tuple[SessionKey, int], int] = {}
        self._kept_at: dict[tuple[SessionKey, int], float] = {}

    def of(self, session: Session) -> list[bytes] | None:
        known = self._entries.get(_name(session))
        is_whole = known is not None and self._lengths[_name(session)] == session.history
        return list(known) if known is not None and is_whole else None

    def keep(self, session: Session, entries: Sequence[bytes]) -> None:
        """`entries` are those of `session` from its `history_start` on."""
        self._forget(_name(session))
        self._entries[_name(session)] = list(entries)
        self._lengths[_name(session)] = session.history
        self._kept_at[_name(session)] = self._now()
        self._bytes += _size(entries)
        while self._entries and (self._bytes > self._limit or self._is_idle(next(iter(self._entries)))):
            self._forget(next(iter(self._entries)))

    def _is_idle(self, name: tuple[SessionKey, int]) -> bool:
        return self._now() - self._kept_at[name] > IDLE_SECONDS

    def grow(self, before: Session, entries: Sequence[bytes]) -> None:
        """`entries` were added to the history that `before` had."""
        known = [] if before.history == 0 else self.of(before)
        if known is None:
            self._forget(_name(before))
        else:
            after = before.model_copy(update={"history": before.history + len(entries)})
            self.keep(after, [*known, *entries][after.history_start - before.history_start :])

    def _forget(self, name: tuple[SessionKey, int]) -> None:
        self._bytes -= _size(self._entries.pop(name, ()))
        self._lengths.pop(name, None)
        self._kept_at.pop(name, None)


def _name(session: Session) -> tuple[SessionKey, int]:
    return session.key, session.generation


def _size(entries: Sequence[bytes]) -> int:
    return sum(map(len, entries))

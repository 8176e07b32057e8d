"""Wait for a worker on behalf of a client: for a run's end (`Prefer: wait=20`) or for a tool's result.

A wait occupies a function, of which an account has a limited number. So a wait that lasts longer than a moment needs a
place; places are counted for each caller and for the deployment.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Generator
from contextlib import contextmanager, suppress

from forge.api import dependencies
from forge.errors import RateLimited, StorageUnavailable, TooManyWaits
from forge.models.request_prices import WAIT
from forge.models.session import Session

MOST_WAITING = 16
"""Maximum of clients that one process waits for at once, for messages and for commands each. A function's instance has
one; `local_dev` shares its threads, and others' short requests need those that are left.
"""
MOMENT_SECONDS = 1.0
"""Everybody may wait for this time without a place; most tools answer within it."""
KEPT_MS = 35_000
"""A place is counted for this time at most, as its function may have died. It exceeds every function's time-out."""
_POLL_SECONDS = (0.1, 1.0)

_RETRY_SECONDS = 5

_message_places = threading.BoundedSemaphore(MOST_WAITING)
command_places = threading.BoundedSemaphore(MOST_WAITING)


class Wait:
    """One wait, which blocks its thread. The store does not count it for an empty `payer`, this computer's own user.

    `places`: the process's, of which a wait that is longer than a moment takes one.
    """

    def __init__(self, payer: str, places: threading.BoundedSemaphore | None = None) -> None:
        self._payer, self._name = payer, uuid.uuid4().hex
        self._places = places
        self._needs_place_at = time.monotonic() + MOMENT_SECONDS
        self._has_place = self._is_counted = False

    def pause(self, seconds: float) -> None:
        """Sleep. Raises `RateLimited` when the moment is over and the caller gets no place or has no rate left."""
        if not self._has_place and time.monotonic() + seconds > self._needs_place_at:
            self._take_place()
        time.sleep(seconds)

    def end(self) -> None:
        if self._is_counted:
            with suppress(StorageUnavailable):
                dependencies.store().waits.close(self._payer, self._name)
        if self._has_place and self._places:
            self._places.release()

    def _take_place(self) -> None:
        if self._places and not self._places.acquire(blocking=False):
            raise TooManyWaits(retry_after=_RETRY_SECONDS)
        self._has_place = True
        if self._payer:
            dependencies.store().admission.admit(self._payer, WAIT)
            dependencies.store().waits.open(self._payer, self._name, dependencies.now() + KEPT_MS)
            self._is_counted = True


@contextmanager
def waiting(payer: str, places: threading.BoundedSemaphore | None = None) -> Generator[Wait]:
    wait = Wait(payer, places)
    try:
        yield wait
    finally:
        wait.end()


def until_ended(session: Session, run_id: str, seconds: float, payer: str) -> Session | None:
    """Return the session once `run_id` has ended, or as it is after `seconds`; None if it has expired in the meantime.

    A caller that may not wait any longer gets the session as it is, because waiting is only a preference.
    """
    if not seconds or not _message_places.acquire(blocking=False):
        return session
    try:
        return _until_ended(session, run_id, time.monotonic() + seconds, payer)
    finally:
        _message_places.release()


def _until_ended(session: Session, run_id: str, deadline: float, payer: str) -> Session | None:
    newest: Session | None = session
    pause = _POLL_SECONDS[0]
    with suppress(RateLimited, StorageUnavailable), waiting(payer) as wait:
        while newest is not None and _goes_on(newest, run_id) and time.monotonic() + pause < deadline:
            wait.pause(pause)
            pause = min(pause * 1.3, _POLL_SECONDS[1])
            newest = dependencies.store().sessions.get(session.key)
    return newest


def _goes_on(session: Session, run_id: str) -> bool:
    is_active = session.active is not None and session.active.run_id == run_id
    return is_active or any(waiting.run_id == run_id for waiting in session.inbox)

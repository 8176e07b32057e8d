"""Wait for a run's end on behalf of a client that prefers it (`Prefer: wait=20`)."""

from __future__ import annotations

import threading
import time

from forge.api import dependencies
from forge.models.session import Session

MOST_WAITING = 16
"""Maximum of clients that one process waits for at once. A function's instance has one; `local_dev` shares its
threads."""
_POLL_SECONDS = (0.1, 1.0)

_places = threading.BoundedSemaphore(MOST_WAITING)


def until_ended(session: Session, run_id: str, seconds: float) -> Session | None:
    """Return the session once `run_id` has ended, or as it is after `seconds`; None if it has expired in the
    meantime."""
    if not seconds or not _places.acquire(blocking=False):
        return session
    try:
        return _until_ended(session, run_id, time.monotonic() + seconds)
    finally:
        _places.release()


def _until_ended(session: Session, run_id: str, deadline: float) -> Session | None:
    newest: Session | None = session
    pause = _POLL_SECONDS[0]
    while newest is not None and _goes_on(newest, run_id) and time.monotonic() + pause < deadline:
        time.sleep(pause)
        pause = min(pause * 1.3, _POLL_SECONDS[1])
        newest = dependencies.store().sessions.get(session.key)
    return newest


def _goes_on(session: Session, run_id: str) -> bool:
    is_active = session.active is not None and session.active.run_id == run_id
    return is_active or any(waiting.run_id == run_id for waiting in session.inbox)

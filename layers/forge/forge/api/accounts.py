"""The use cases of a person who has logged in: take over a session, and delete everything that they have."""

from __future__ import annotations

import logging

from forge.api import dependencies
from forge.api.conversations import state_of
from forge.api.push import try_to_end_connections
from forge.models.account import Erasure
from forge.models.http import Receipt, State
from forge.models.ids import new_run_id
from forge.models.kept_after_deletion import KEPT
from forge.models.public import receipt
from forge.observability import record

logger = logging.getLogger(__name__)

ERASURE_SECONDS = 15
"""Time limit of one deletion call, half of the 30 s that an HTTP API waits for its function. The next call deletes
the rest.
"""


def adopt_session(session_id: str, owner: str) -> State:
    """Make the anonymous session the owner's own, under a new id. Raises `NotFound`, `SessionBusy`."""
    adopted = dependencies.store().accounts.adopt(session_id, owner)
    logger.info(
        "session adopted",
        extra={"key_digest": adopted.session.key.digest, "connections": len(adopted.connections)},
    )
    record("SessionsAdopted")
    try_to_end_connections(adopted.left, adopted.generation, adopted.connections)
    return state_of(adopted.session.key, adopted.session)


def delete_account(owner: str, name: str | None, seconds: float = ERASURE_SECONDS) -> Receipt:
    """Delete everything that `owner` has. A call that repeats the `name` of an earlier one continues that deletion."""
    accounts = dependencies.store().accounts
    erasure = accounts.begin_erasure(owner, name or new_run_id())
    if erasure.finished_at is None:
        is_finished = _erase(owner, erasure, dependencies.now() + round(seconds * 1_000))
        erasure = accounts.end_erasure(owner, erasure.name, is_finished=is_finished)
        logger.info("account deleted", extra={"complete": is_finished, "sessions": erasure.deleted.sessions})
    return receipt(erasure, KEPT)


def _erase(owner: str, erasure: Erasure, until: int) -> bool:
    """Return whether everything was deleted before `until` (epoch milliseconds)."""
    accounts = dependencies.store().accounts
    for key in accounts.keys(owner):
        if dependencies.now() >= until:
            return False
        erased = accounts.erase(key, erasure.name)
        try_to_end_connections(key, erased.generation, erased.connections)
        accounts.forget(key, erasure.name)
    return True

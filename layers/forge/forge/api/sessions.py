"""The use cases for the caller's own sessions: list, rename, delete."""

from __future__ import annotations

import logging
from typing import Annotated

from fastapi import Query
from pydantic import TypeAdapter, ValidationError

from forge.api import dependencies
from forge.api.push import push_state, try_to_end_connections
from forge.errors import InvalidRequest
from forge.models import public
from forge.models.http import Receipt, SessionList, SessionSummary
from forge.models.ids import SessionId
from forge.models.kept_after_deletion import KEPT_OF_A_SESSION
from forge.models.session_key import ANONYMOUS, SessionKey

logger = logging.getLogger(__name__)

IDS_LIMIT = 100
_IDS: TypeAdapter[list[str]] = TypeAdapter(list[SessionId])

Ids = Annotated[
    str | None, Query(max_length=IDS_LIMIT * 130, description="Session ids, separated by commas.")
]
After = Annotated[
    str | None, Query(max_length=200, description="`next` of the page before; for those who have logged in.")
]
Most = Annotated[int, Query(ge=1, le=IDS_LIMIT, description="How many sessions at most.")]


def owned_sessions(owner: str, most: int, after: str | None) -> SessionList:
    """List the sessions of a person who has logged in, newest first, page by page. An anonymous caller must name the
    ids.
    """
    if owner == ANONYMOUS:
        return SessionList(sessions=[])
    page = dependencies.store().accounts.sessions(owner, most, after)
    return SessionList(sessions=[public.summary(session) for session in page.sessions], next=page.after)


def list_sessions(owner: str, ids: str) -> SessionList:
    """`ids`: comma-separated session ids. Sessions of others and sessions that have ended are left out."""
    names = [name for name in ids.split(",") if name]
    if len(names) > IDS_LIMIT:
        raise InvalidRequest(f"At most {IDS_LIMIT} ids may be named.")
    try:
        keys = [SessionKey(owner, name) for name in _IDS.validate_python(names)]
    except ValidationError:
        raise InvalidRequest("ids: one of them is not a session id.") from None
    found = dependencies.store().sessions.list(keys) if keys else []
    return SessionList(sessions=[public.summary(session) for session in found])


def rename_session(key: SessionKey, title: str) -> SessionSummary:
    session = dependencies.store().sessions.rename(key, title)
    push_state(session)
    return public.summary(session)


def delete_session(key: SessionKey, name: str | None = None) -> Receipt:
    """Stop the session's run, close its connections and delete it. Repeating this within a day returns the same
    receipt. Raises `NotFound`.

    A call that repeats the `name` of an earlier one deletes nothing that was begun in the meantime.
    """
    erased = dependencies.store().sessions.delete(key, name)
    erasure = erased.erasure
    if erasure.finished_at is None:
        logger.info(
            "session deleted", extra={"key_digest": key.digest, "connections": len(erased.connections)}
        )
        try_to_end_connections(key, erased.generation, erased.connections)
        erasure = dependencies.store().accounts.end_erasure(key.owner, erasure.name, is_finished=True)
    return public.receipt(erasure, KEPT_OF_A_SESSION)

"""What HTTP endpoints take and give beside their bodies: the caller, the ids, the headers."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, Query
from pydantic import BaseModel, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from forge.api.authentication import owner_of, stream_owner
from forge.api.message_pages import MESSAGES_LIMIT
from forge.api.preferences import NO_PREFERENCES, Preferences
from forge.models.ids import SessionKey, new_run_id, new_session_id, run_id_of


async def _owner(request: Request) -> str:
    """Not handed to another thread: an invocation has an event loop of its own, so it may block."""
    return owner_of(request.headers)


def _stream_owner(request: Request, ticket: str | None = None) -> str:
    return stream_owner(request.headers, ticket)


Owner = Annotated[str, Depends(_owner)]
StreamOwner = Annotated[str, Depends(_stream_owner)]
Before = Annotated[int | None, Query(ge=0)]
PageLimit = Annotated[int, Query(ge=1, le=MESSAGES_LIMIT)]
IdempotencyKey = Annotated[
    Annotated[str, StringConstraints(min_length=1, max_length=255)] | None,
    Header(alias="Idempotency-Key"),
]


def key_of(owner: str, session_id: str | None) -> SessionKey:
    """Without an id the server makes one, and returns it."""
    return SessionKey(owner, session_id or new_session_id())


def run_id_for(key: SessionKey, idempotency_key: str | None) -> str:
    return run_id_of(key, idempotency_key) if idempotency_key else new_run_id()


def reply(
    key: SessionKey | None,
    body: BaseModel,
    run_id: str | None = None,
    preferences: Preferences = NO_PREFERENCES,
) -> Response:
    headers = {"Cache-Control": "no-store"}
    if preferences.applied:
        headers["Preference-Applied"] = preferences.applied
    if key:
        headers["X-Session-Id"] = key.session_id
    if run_id:
        headers["X-Run-Id"] = run_id
    return Response(body.model_dump_json(), media_type="application/json", headers=headers)

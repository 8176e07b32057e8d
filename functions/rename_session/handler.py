"""`PATCH /api/sessions/{session_id}`: give a session a title."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from forge.api.dependencies import connections, stored
from forge.api.entry.application import create_app
from forge.api.entry.http_handler import lambda_handler
from forge.api.entry.parameters import Owner, SessionNamed, reply
from forge.api.sessions import rename_session
from forge.models.http import SessionSummary
from forge.models.request_bodies import RenameRequest
from forge.models.session_key import SessionKey

router = APIRouter()


@router.patch("/api/sessions/{session_id}", response_model=SessionSummary)
def patch_session(session_id: SessionNamed, request: RenameRequest, owner: Owner) -> Response:
    key = SessionKey(owner, session_id)
    return reply(key, rename_session(key, request.title))


app = create_app(router)
handler = lambda_handler(app, stored("admission", "commands", "controls", "sessions"), connections)

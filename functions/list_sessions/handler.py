"""`GET /api/sessions`: list the caller's own sessions, or those that `ids` names."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from forge.api.dependencies import stored
from forge.api.entry.application import create_app
from forge.api.entry.http_handler import lambda_handler
from forge.api.entry.parameters import Owner, reply
from forge.api.sessions import IDS_LIMIT, After, Ids, Most, list_sessions, owned_sessions
from forge.models.http import SessionList

router = APIRouter()


@router.get("/api/sessions", response_model=SessionList)
def get_sessions(owner: Owner, ids: Ids = None, limit: Most = IDS_LIMIT, after: After = None) -> Response:
    return reply(None, owned_sessions(owner, limit, after) if ids is None else list_sessions(owner, ids))


app = create_app(router)
handler = lambda_handler(app, stored("accounts", "admission", "sessions"))

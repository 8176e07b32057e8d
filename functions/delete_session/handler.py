"""`DELETE /api/sessions/{session_id}`: end a session, with a receipt that is kept for a day; its run stops."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from forge.api.dependencies import connections, stored
from forge.api.entry.application import create_app
from forge.api.entry.http_handler import lambda_handler
from forge.api.entry.parameters import IdempotencyKey, Owner, SessionNamed, reply
from forge.api.sessions import delete_session
from forge.models.http import Receipt
from forge.models.session_key import SessionKey

router = APIRouter()


@router.delete("/api/sessions/{session_id}", response_model=Receipt)
def delete(session_id: SessionNamed, owner: Owner, idempotency_key: IdempotencyKey = None) -> Response:
    key = SessionKey(owner, session_id)
    return reply(key, delete_session(key, idempotency_key))


app = create_app(router)
handler = lambda_handler(app, stored("accounts", "admission", "controls", "sessions"), connections)

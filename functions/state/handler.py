"""`GET /api/state`: show the state of a session."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from forge.api import conversations
from forge.api.dependencies import stored
from forge.api.entry.application import create_app
from forge.api.entry.http_handler import lambda_handler
from forge.api.entry.parameters import Before, Owner, PageLimit, SessionAsked, key_of, reply
from forge.api.message_pages import MESSAGES_LIMIT
from forge.models.http import State

router = APIRouter()


@router.get("/api/state", response_model=State)
def get_state(
    owner: Owner,
    session_id: SessionAsked = None,
    before: Before = None,
    limit: PageLimit = MESSAGES_LIMIT,
) -> Response:
    key = key_of(owner, session_id)
    return reply(key, conversations.get_state(key, before, limit))


app = create_app(router)
handler = lambda_handler(app, stored("admission", "commands", "sessions"))

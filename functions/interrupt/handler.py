"""`POST /api/interrupt`: stop the active run, or else withdraw the queued ones."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from forge.api.conversations import interrupt
from forge.api.dependencies import connections, stored
from forge.api.entry.application import create_app
from forge.api.entry.http_handler import lambda_handler
from forge.api.entry.parameters import Owner, key_of, reply
from forge.api.entry.prefer_header import PreferredAtOnce
from forge.models.http import State
from forge.models.request_bodies import InterruptRequest
from forge.models.views import Hot

router = APIRouter()


@router.post("/api/interrupt", response_model=State | Hot)
def post_interrupt(request: InterruptRequest, owner: Owner, preferred: PreferredAtOnce) -> Response:
    key = key_of(owner, request.session_id)
    return reply(key, interrupt(key, request.run_id, preferred), preferences=preferred)


app = create_app(router)
handler = lambda_handler(app, stored("admission", "commands", "controls", "inbox", "sessions"), connections)

"""`POST /api/sessions/adopt`: take over a session that was opened without a login."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from forge.api.accounts import adopt_session
from forge.api.dependencies import connections, stored
from forge.api.entry.application import create_app
from forge.api.entry.http_handler import lambda_handler
from forge.api.entry.parameters import AccountOwner, reply
from forge.models.http import State
from forge.models.request_bodies import AdoptRequest
from forge.models.session_key import SessionKey

router = APIRouter()


@router.post("/api/sessions/adopt", response_model=State)
def post_adopt(request: AdoptRequest, owner: AccountOwner) -> Response:
    state = adopt_session(request.session_id, owner)
    return reply(SessionKey(owner, state.session_id), state)


app = create_app(router)
handler = lambda_handler(
    app, stored("accounts", "admission", "commands", "controls", "sessions"), connections
)

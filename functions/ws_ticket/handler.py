"""`POST /api/ticket`: a single-use ticket for opening a WebSocket or an event stream."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from forge.api.application import create_app
from forge.api.authentication import issue_ticket
from forge.api.dependencies import store
from forge.api.entry import lambda_handler
from forge.api.replies import Owner, reply

router = APIRouter()


@router.post("/api/ticket")
def post_ticket(owner: Owner) -> Response:
    return reply(None, issue_ticket(owner))


app = create_app(router)
handler = lambda_handler(app, store)

"""`POST /api/ticket`: a single-use ticket for opening a WebSocket or an event stream of one session."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header
from starlette.responses import Response

from forge.api.application import create_app
from forge.api.dependencies import store
from forge.api.entry import lambda_handler
from forge.api.replies import CallerOf, reply
from forge.api.tickets import issue_ticket
from forge.models.http import TicketRequest

router = APIRouter()


@router.post("/api/ticket")
def post_ticket(body: TicketRequest, caller: CallerOf, origin: Annotated[str, Header()] = "") -> Response:
    return reply(None, issue_ticket(caller, body.session_id, origin))


app = create_app(router)
handler = lambda_handler(app, store)

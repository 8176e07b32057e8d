"""`POST /api/ticket`: issue a single-use ticket for opening a WebSocket or an event stream of one session."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header
from starlette.responses import Response

from forge.api.authentication.tickets import issue_ticket
from forge.api.dependencies import stored
from forge.api.entry.application import create_app
from forge.api.entry.http_handler import lambda_handler
from forge.api.entry.parameters import CallerOf, reply
from forge.models.http import Ticket
from forge.models.request_bodies import TicketRequest
from forge.models.session_key import SessionKey

router = APIRouter()
OriginOfPage = Annotated[
    str, Header(description="Where the page is from; the ticket opens nothing from elsewhere.")
]


@router.post("/api/ticket", response_model=Ticket)
def post_ticket(body: TicketRequest, caller: CallerOf, origin: OriginOfPage = "") -> Response:
    key = SessionKey(caller.owner, body.session_id)
    return reply(key, issue_ticket(caller, body.session_id, origin))


app = create_app(router)
handler = lambda_handler(app, stored("admission", "tickets"))

"""`POST /api/system`: accept an event for the agent, such as the wallet's answer to an approval."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from forge.api import conversations
from forge.api.dependencies import queue, stored
from forge.api.entry.application import create_app
from forge.api.entry.caller_trace import CallerTrace
from forge.api.entry.http_handler import lambda_handler
from forge.api.entry.parameters import CallerOf, Idempotent, key_of, once_of, reply
from forge.api.entry.prefer_header import Preferred
from forge.api.legacy_wallet_answers import legacy_reply
from forge.models.http import State
from forge.models.request_bodies import SystemRequest
from forge.models.views import Hot

router = APIRouter()


@router.post("/api/system", response_model=State | Hot)
def post_system(
    request: SystemRequest,
    caller: CallerOf,
    preferred: Preferred,
    idempotent: Idempotent,
    trace: CallerTrace,
) -> Response:
    key = key_of(caller.owner, request.session_id)
    accepted, state = conversations.post_system(
        key,
        request.message,
        once=once_of(idempotent, request),
        approval=request.approval or legacy_reply(request.message),
        payer=caller.payer,
        trace=trace,
        preferences=preferred,
    )
    return reply(accepted.key, state, accepted.run_id, preferred)


app = create_app(router)
handler = lambda_handler(app, stored("admission", "commands", "inbox", "sessions"), queue)

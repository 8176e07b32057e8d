"""`POST /api/chat`: accept a message."""

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
from forge.models.http import State
from forge.models.request_bodies import ChatRequest
from forge.models.views import Hot

router = APIRouter()


@router.post("/api/chat", response_model=State | Hot)
async def post_chat(
    request: ChatRequest,
    caller: CallerOf,
    preferred: Preferred,
    idempotent: Idempotent,
    trace: CallerTrace,
) -> Response:
    # Not a plain function, which FastAPI would hand to another thread: the invocation has its event loop for itself.
    key = key_of(caller.owner, request.session_id)
    accepted, state = conversations.post_chat(
        key,
        request.message,
        once=once_of(idempotent, request),
        if_busy=request.if_busy,
        payer=caller.payer,
        trace=trace,
        preferences=preferred,
    )
    return reply(accepted.key, state, accepted.run_id, preferred)


app = create_app(router)
handler = lambda_handler(app, stored("admission", "commands", "inbox", "sessions"), queue)

"""`GET /api/chat/stream`: follow a session by server-sent events.

It is an ASGI application, because it streams.
"""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Header
from starlette.requests import Request

from forge.api import state_stream
from forge.api.authentication.token_or_ticket import by_token_or_ticket
from forge.api.entry.application import create_app
from forge.api.entry.parameters import TICKET_PARAMETER, CallerOf, EventStream, SessionAsked, key_of
from forge.api.open_streams import StreamPlace

router = APIRouter()
LastEventId = Annotated[
    str | None, Header(description="The last event that the client has; only what is newer is sent.")
]


@router.get(
    "/api/chat/stream",
    response_class=EventStream,
    responses={200: {"description": "Server-sent events; the `data` of each is a State."}},
    openapi_extra={"parameters": [TICKET_PARAMETER]},
)
async def get_stream(
    request: Request,
    caller: CallerOf,
    session_id: SessionAsked = None,
    last_event_id: LastEventId = None,
) -> EventStream:
    key = key_of(caller.owner, session_id)
    place = StreamPlace(caller.payer)
    await asyncio.to_thread(place.open)
    follower = state_stream.Follower(key, last_event_id)
    states = state_stream.get_stream(follower, request.is_disconnected, caller.until, place.slowness)
    return EventStream(
        place.holding(states),
        headers={
            "Cache-Control": "no-cache, no-transform",
            "X-Accel-Buffering": "no",
            "X-Session-Id": key.session_id,
        },
    )


app = create_app(router, by_token_or_ticket, is_streaming=True)

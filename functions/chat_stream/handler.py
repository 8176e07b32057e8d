"""`GET /api/chat/stream`: follow a session by server-sent events; an ASGI application, because it streams."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Header
from starlette.requests import Request
from starlette.responses import StreamingResponse

from forge.api.application import create_app
from forge.api.entrances import by_token_or_ticket
from forge.api.following import Follower, events
from forge.api.replies import CallerOf, key_of
from forge.api.stream_places import StreamPlace
from forge.models.ids import SessionId

router = APIRouter()


@router.get("/api/chat/stream")
async def get_stream(
    request: Request,
    caller: CallerOf,
    session_id: SessionId | None = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    key = key_of(caller.owner, session_id)
    place = StreamPlace(caller.payer)
    await asyncio.to_thread(place.open)
    return StreamingResponse(
        place.holding(events(Follower(key, last_event_id), request.is_disconnected, caller.until)),
        media_type="text/event-stream",
        headers={
            "Cache-Control": "no-cache, no-transform",
            "X-Accel-Buffering": "no",
            "X-Session-Id": key.session_id,
        },
    )


app = create_app(router, by_token_or_ticket)

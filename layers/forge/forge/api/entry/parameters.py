"""Parameters and responses that HTTP endpoints share besides their bodies: the caller, the ids, the headers."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Header, Path, Query
from pydantic import BaseModel, StringConstraints
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from forge.api.authentication.own_sessions import checked
from forge.api.entry.origin_check import caller_address
from forge.api.entry.prefer_header import NO_PREFERENCES, Preferences
from forge.api.message_pages import MESSAGES_LIMIT
from forge.api.unreadable_sessions import not_shown_state
from forge.errors import Forbidden
from forge.models.caller import Caller
from forge.models.idempotency import Once
from forge.models.ids import SessionId, new_session_id
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.observability import error_fields

if TYPE_CHECKING:
    from forge.models.request_bodies import ChatRequest, SystemRequest

    _SessionRequest = ChatRequest | SystemRequest

logger = logging.getLogger(__name__)


async def _caller(request: Request) -> Caller:
    """Return the caller that the application's access rule has accepted (`forge.api.authentication.token_or_ticket`).

    Dependencies are coroutine functions, because FastAPI runs each plain function in another thread.
    """
    return request.state.caller


async def _owner(request: Request) -> str:
    return request.state.caller.owner


async def _account_owner(owner: Annotated[str, Depends(_owner)]) -> str:
    if owner == ANONYMOUS:
        raise Forbidden("Nobody is logged in here, so nothing belongs to an account.")
    return owner


CallerOf = Annotated[Caller, Depends(_caller)]
Owner = Annotated[str, Depends(_owner)]
AccountOwner = Annotated[str, Depends(_account_owner)]
"""Require a caller who has logged in."""
SessionAsked = Annotated[
    SessionId | None, Query(description="The session; without it a new and empty one is shown.")
]
SessionNamed = Annotated[SessionId, Path(description="The session.")]
Before = Annotated[
    int | None, Query(ge=0, description="Show the ended messages before this number, and no others.")
]
PageLimit = Annotated[int, Query(ge=1, le=MESSAGES_LIMIT, description="How many messages at most.")]
TICKET_PARAMETER = {
    "name": "ticket",
    "in": "query",
    "required": False,
    "schema": {"type": "string"},
    "description": "A ticket of `POST /api/ticket`, for a client that cannot send a token.",
}
"""The access rule of the event stream reads this parameter."""
IdempotencyKey = Annotated[
    Annotated[str, StringConstraints(min_length=1, max_length=255)] | None,
    Header(
        alias="Idempotency-Key",
        description="The same key with the same request, within 24 hours, is carried out once.",
    ),
]


class EventStream(StreamingResponse):
    """A response of server-sent events."""

    media_type = "text/event-stream"


def key_of(owner: str, session_id: str | None) -> SessionKey:
    """Return the session id of the request; without one, make a new id. Raises `InvalidRequest`."""
    return checked(SessionKey(owner, session_id or new_session_id()))


async def _once_of(request: Request, owner: Owner, idempotency_key: IdempotencyKey = None) -> UseOf | None:
    """Return the scope in which an `Idempotency-Key` counts: the session if the request names one, else its owner. An
    anonymous caller is identified by their address, so that nobody gets the session of a stranger who chose the same
    key.
    """
    if idempotency_key is None:
        return None
    address = caller_address(request.headers, request.client.host if request.client else "")
    return UseOf(idempotency_key, f"{request.method} {request.url.path}", owner, address)


@dataclass(frozen=True, slots=True)
class UseOf:
    """An `Idempotency-Key`, the route of its request, and the caller who sent it."""

    key: str
    """The value of the header, chosen by the client."""
    route: str
    """The method and path of the request, such as `POST /api/chat`."""
    owner: str
    """The signed-in owner, or the mark of an anonymous caller."""
    address: str
    """The caller's network address, which identifies an anonymous caller."""

    def once(self, body: _SessionRequest) -> Once:
        user = ("session", self.owner, body.session_id) if body.session_id else self._stranger()
        return Once.of(user, self.key, self.route, body.model_dump(mode="json"))

    def _stranger(self) -> tuple[str, ...]:
        return ("new", self.owner, self.address if self.owner == ANONYMOUS else "")


Idempotent = Annotated[UseOf | None, Depends(_once_of)]


def once_of(use: UseOf | None, body: _SessionRequest) -> Once | None:
    return use.once(body) if use else None


def reply(
    key: SessionKey | None,
    body: BaseModel,
    run_id: str | None = None,
    preferences: Preferences = NO_PREFERENCES,
) -> Response:
    headers = {"Cache-Control": "no-store"}
    if preferences.applied:
        headers["Preference-Applied"] = preferences.applied
    if key:
        headers["X-Session-Id"] = key.session_id
    if run_id:
        headers["X-Run-Id"] = run_id
    text = _written(body, key if run_id else None)
    return Response(text, media_type="application/json", headers=headers)


def _written(body: BaseModel, accepted: SessionKey | None) -> str:
    """Answer an accepted message even when its session cannot be written as JSON."""
    try:
        return body.model_dump_json()
    except Exception as error:
        if accepted is None:
            raise
        logger.warning("session not shown", extra=error_fields(error))
        return not_shown_state(accepted).model_dump_json()

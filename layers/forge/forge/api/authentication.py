"""Who calls: everybody is `anonymous` until `AUTH_ISSUER` is set; then the subject of a verified JWT.

Anonymous sessions are protected by their ids, which are secrets. A WebSocket, and an EventSource, cannot send a
token: they bring a single-use ticket.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from forge.api import dependencies
from forge.errors import NotAuthenticated
from forge.models.http import Ticket
from forge.models.ids import ANONYMOUS

TICKET_SECONDS = 30
_OWNER_LIMIT = 255


def owner_of(headers: Mapping[str, str]) -> str:
    """`headers` with names in lower case. Raises `NotAuthenticated`.

    CloudFront signs its requests to the streaming function in `Authorization` and moves the caller's token aside.
    """
    settings = dependencies.settings()
    if not settings.auth_issuer:
        return ANONYMOUS
    values = (headers.get(name, "") for name in ("authorization", "x-forwarded-authorization"))
    token = next((text[7:].strip() for text in values if text[:7].lower() == "bearer "), "")
    if not token:
        raise NotAuthenticated("A bearer token is required.")
    from forge.api.tokens import verified_subject

    subject = verified_subject(token, settings.auth_issuer, settings.auth_audience)
    if subject == ANONYMOUS or not 0 < len(subject) <= _OWNER_LIMIT:
        raise NotAuthenticated("The token's subject cannot be used.")
    return subject


def issue_ticket(owner: str) -> Ticket:
    ticket = secrets.token_urlsafe(32)
    dependencies.store().tickets.issue(ticket, owner, dependencies.now() + TICKET_SECONDS * 1_000)
    return Ticket(ticket=ticket, expires_in=TICKET_SECONDS)


def owner_of_ticket(ticket: str | None) -> str:
    """Raises `NotAuthenticated`, but for anonymous use, which needs no ticket."""
    if not dependencies.settings().auth_issuer:
        return ANONYMOUS
    owner = dependencies.store().tickets.redeem(ticket, dependencies.now()) if ticket else None
    if owner is None:
        raise NotAuthenticated(
            "A ticket of POST /api/ticket is required; it can be used once, within 30 seconds."
        )
    return owner


def stream_owner(headers: Mapping[str, str], ticket: str | None) -> str:
    """An EventSource brings a ticket, any other client of the stream its token. Raises `NotAuthenticated`."""
    return owner_of_ticket(ticket) if ticket else owner_of(headers)

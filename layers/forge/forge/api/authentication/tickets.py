"""Single-use tickets, for clients that cannot send a token: the handshake of a WebSocket and an EventSource."""

from __future__ import annotations

import re
import secrets

from forge.api import dependencies
from forge.api.authentication.caller import NOBODY_IN_PARTICULAR
from forge.errors import NotAuthenticated
from forge.models.caller import Caller, Grant
from forge.models.http import Ticket
from forge.models.session_key import SessionKey

TICKET_SECONDS = 30
_FORM = re.compile(r"[A-Za-z0-9_-]{43}")


def issue_ticket(caller: Caller, session_id: str, origin: str) -> Ticket:
    """Without a login no client asks for a ticket, so none is stored."""
    ticket = secrets.token_urlsafe(32)
    now = dependencies.now()
    if dependencies.settings().auth_issuer:
        grant = Grant(SessionKey(caller.owner, session_id), origin, caller.until)
        dependencies.store().tickets.issue(ticket, grant, now + TICKET_SECONDS * 1_000)
    opens_for = None if caller.until is None else max(0, (caller.until - now) // 1_000)
    return Ticket(ticket=ticket, expires_in=TICKET_SECONDS, opens_for=opens_for)


def caller_of_ticket(ticket: str | None, session_id: str, origin: str | None) -> Caller:
    """`origin`: the origin of the page that asks; None if the browser need not send it here. Raises
    `NotAuthenticated`.

    The ticket is used up even if it was issued for something else.
    """
    if not dependencies.settings().auth_issuer:
        return NOBODY_IN_PARTICULAR
    now = dependencies.now()
    grant = dependencies.store().tickets.redeem(ticket, now) if ticket and _FORM.fullmatch(ticket) else None
    if grant is None or grant.key.session_id != session_id or origin not in (grant.origin, None):
        raise _needed()
    if grant.until is not None and grant.until <= now:
        raise _needed()
    return grant.caller


def _needed() -> NotAuthenticated:
    return NotAuthenticated(
        "A ticket of POST /api/ticket for this session is required; it can be used once, within 30 seconds."
    )

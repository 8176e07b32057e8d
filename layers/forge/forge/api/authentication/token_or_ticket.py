"""What a caller of an endpoint must present, before the request's body is read: nothing, a token, or a ticket in its
place. Each application names its rule.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.datastructures import Headers, QueryParams
from starlette.types import Scope

from forge.api.authentication.caller import NOBODY_IN_PARTICULAR, caller_of
from forge.api.authentication.tickets import caller_of_ticket
from forge.models.caller import Caller

AccessRule = Callable[[Scope], Awaitable[Caller]]
"""Raises `NotAuthenticated`, `IdentityUnavailable`."""


async def anybody(_scope: Scope) -> Caller:
    return NOBODY_IN_PARTICULAR


async def by_token(scope: Scope) -> Caller:
    """Verify in the calling thread: an invocation has its own event loop, so blocking it delays nobody else."""
    return caller_of(Headers(scope=scope))


async def by_token_or_ticket(scope: Scope) -> Caller:
    """Verify for the event stream, which shares its event loop. A page's EventSource sends no Origin header to its
    own server.
    """
    headers, query = Headers(scope=scope), QueryParams(scope["query_string"])
    ticket = query.get("ticket")
    if ticket is None:
        return await asyncio.to_thread(caller_of, headers)
    origin = headers.get("origin")
    return await asyncio.to_thread(caller_of_ticket, ticket, query.get("session_id", ""), origin)

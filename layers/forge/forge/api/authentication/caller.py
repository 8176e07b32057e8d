"""Identify the caller: everybody is `anonymous` until `AUTH_ISSUER` is set, then the subject of a verified access
token.

Anonymous sessions are protected by their ids, which are secrets. A WebSocket or an EventSource cannot send a token;
it presents a single-use ticket instead.
"""

from __future__ import annotations

from collections.abc import Mapping

from forge.api import dependencies
from forge.errors import NotAuthenticated
from forge.models.caller import Caller
from forge.models.session_key import ANONYMOUS

NOBODY_IN_PARTICULAR = Caller(ANONYMOUS)


def caller_of(headers: Mapping[str, str]) -> Caller:
    """`headers` has names in lower case. Raises `NotAuthenticated`, `IdentityUnavailable`.

    CloudFront signs its requests to the streaming function in `Authorization` and moves the caller's token to another
    header.
    """
    settings = dependencies.settings()
    if not settings.auth_issuer:
        return NOBODY_IN_PARTICULAR
    values = (headers.get(name, "") for name in ("authorization", "x-forwarded-authorization"))
    token = next((text[7:].strip() for text in values if text[:7].lower() == "bearer "), "")
    if not token:
        raise NotAuthenticated("A bearer token is required.")
    from forge.api.tokens import token_claims  # imported only where there is a login

    expected = token_claims.Expected(settings.auth_issuer, settings.auth_audience, settings.auth_client_id)
    unverified = token_claims.read(token, expected, dependencies.now())
    dependencies.verifier().verify(token, unverified)
    return Caller(unverified.subject, int(unverified.until * 1_000))

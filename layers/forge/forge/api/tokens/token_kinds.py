"""Tell an access token from other kinds of JWT that the same issuer signs with the same keys.

The ways in which providers mark their tokens are data. Nothing here is verified yet: a kind can only refuse a token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from forge.errors import NotAuthenticated

Place = Literal["header", "claims"]


@dataclass(frozen=True, slots=True)
class Declaration:
    """A field that names the token's kind."""

    place: Place
    """The part of the token that has the field."""
    name: str
    """The field's name."""
    allowed: frozenset[str]
    """Values in lower case; any other value means another kind of token."""
    access: frozenset[str]
    """Values in lower case that mean an access token."""
    source: str
    """The standard or the provider that defines the field, with the date of reading."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A claim that only tokens of one kind contain."""

    name: str
    """The claim's name."""
    source: str
    """The standard or the provider that defines the claim, with the date of reading."""


DECLARATIONS = (
    Declaration(
        "header",
        "typ",
        frozenset({"jwt", "at+jwt", "application/at+jwt"}),
        frozenset({"at+jwt", "application/at+jwt"}),
        "RFC 9068 section 2.1; RFC 8725 section 3.11: every other kind of JWT names its own type (2026-11-26)",
    ),
    Declaration(
        "claims",
        "token_use",
        frozenset({"access"}),
        frozenset({"access"}),
        "Amazon Cognito: verifying a JSON web token, `token_use` is access or id (2026-11-26)",
    ),
    Declaration(
        "claims",
        "typ",
        frozenset({"bearer"}),
        frozenset({"bearer"}),
        "Keycloak: TokenUtil, `typ` is Bearer, ID, Refresh, Offline, Logout (2026-11-26)",
    ),
)

ACCESS_SIGNS = (
    Sign("scope", "RFC 9068 section 2.2.3, Auth0, Keycloak (2026-11-26)"),
    Sign("scp", "Microsoft Entra ID, Okta (2026-11-26)"),
    Sign("client_id", "RFC 9068 section 2.2, Amazon Cognito (2026-11-26)"),
    Sign("gty", "Auth0, the grant's type (2026-11-26)"),
)

OTHER_SIGNS = (
    Sign("nonce", "OpenID Connect Core section 2: an ID token repeats it (2026-11-26)"),
    Sign("at_hash", "OpenID Connect Core section 3.1.3.6: hash of the access token beside it (2026-11-26)"),
    Sign("c_hash", "OpenID Connect Core section 3.3.2.11 (2026-11-26)"),
    Sign("s_hash", "FAPI 1.0 part 2 section 5.1 (2026-11-26)"),
    Sign("events", "RFC 8417 section 2.2, OpenID Connect Back-Channel Logout section 2.4 (2026-11-26)"),
)


def check_access(header: Mapping[str, Any], claims: Mapping[str, Any], *, for_client: bool) -> None:
    """Raises `NotAuthenticated` for a token that is not an access token.

    `for_client`: the audience is the client's own id. ID tokens have the same audience, so only the token's kind
    tells them apart, and the token must be marked as an access token.
    """
    declared = False
    for each in DECLARATIONS:
        value = (header if each.place == "header" else claims).get(each.name)
        if value is None:
            continue
        if not isinstance(value, str) or value.lower() not in each.allowed:
            raise NotAuthenticated("This is not an access token.")
        declared = declared or value.lower() in each.access
    if declared:
        return
    if any(sign.name in claims for sign in OTHER_SIGNS):
        raise NotAuthenticated("This is not an access token.")
    if for_client and not any(sign.name in claims for sign in ACCESS_SIGNS):
        raise NotAuthenticated("This is not an access token.")

"""What can be checked of a token without its signature. The check takes microseconds and imports nothing heavy, so
that a token for another audience is refused before keys are fetched and cryptography is loaded.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, cast

from forge.api.tokens.token_kinds import check_access
from forge.errors import NotAuthenticated
from forge.models.session_key import ANONYMOUS

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
LEEWAY_SECONDS = 30
TOKEN_LIMIT = 8_192
"""Maximum length in characters; API Gateway accepts 10,240 bytes of headers in all."""
OWNER_LIMIT = 255
_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must contain."""

    issuer: str
    """The issuer's URL, compared with the claim `iss`."""
    audience: str
    """The value that the claim `aud` must contain."""
    client_id: str = ""
    """The page's own client id; empty when it is not known."""


@dataclass(frozen=True, slots=True)
class Unverified:
    """A token that is valid if its signature is."""

    key_id: str
    """The header's `kid`, which names the issuer's key."""
    algorithm: str
    """The header's `alg`."""
    subject: str
    """The claim `sub`, which identifies the person."""
    until: float
    """The time at which the token ends, in epoch seconds."""


def read(token: str, expected: Expected, now: int) -> Unverified:
    """`now`: epoch milliseconds. Raises `NotAuthenticated`."""
    header, claims = _parts(token)
    algorithm, key_id = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS or not isinstance(key_id, str) or not key_id or "crit" in header:
        _invalid()
    until = _in_time(claims, now / 1_000)
    if claims.get("iss") != expected.issuer:
        raise NotAuthenticated("The token is of another issuer.")
    if expected.audience not in _audiences(claims):
        raise NotAuthenticated("The token is for another audience.")
    check_access(header, claims, for_client=expected.audience == expected.client_id)
    return Unverified(key_id, algorithm, _subject(claims), until)


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    parts = token.split(".") if len(token) <= TOKEN_LIMIT else []
    if len(parts) != 3 or not all(part and _ALPHABET.issuperset(part) for part in parts):
        _invalid()
    return _object(parts[0]), _object(parts[1])


def _object(part: str) -> dict[str, Any]:
    """Refuse duplicate names and non-finite numbers, because two parsers could read them differently."""
    try:
        text = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        found: Any = json.loads(text, parse_constant=_no_number, object_pairs_hook=_once_each)
    except (ValueError, RecursionError):
        _invalid()
    return cast(dict[str, Any], found) if isinstance(found, dict) else _invalid()


def _no_number(_text: str) -> NoReturn:
    raise ValueError


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _in_time(claims: Mapping[str, Any], now: float) -> float:
    """Return when the token ends, in epoch seconds."""
    until, begins = _time(claims.get("exp")), _time(claims.get("nbf", 0))
    if until + LEEWAY_SECONDS <= now:
        raise NotAuthenticated("The token has expired.")
    if begins - LEEWAY_SECONDS > now:
        raise NotAuthenticated("The token is not valid yet.")
    return until


def _time(value: object) -> float:
    return (
        cast(float, value) if type(value) in (int, float) and 0 <= cast(float, value) < 1e11 else _invalid()
    )


def _audiences(claims: Mapping[str, Any]) -> list[Any]:
    """Access tokens of Amazon Cognito name the client in `client_id` and have no `aud`."""
    named: Any = claims.get("aud", claims.get("client_id"))
    return cast(list[Any], named) if isinstance(named, list) else [named]


def _subject(claims: Mapping[str, Any]) -> str:
    """Return the owner that the token stands for; it becomes part of keys."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or subject == ANONYMOUS or not 0 < len(subject) <= OWNER_LIMIT:
        raise NotAuthenticated("The token's subject cannot be used.")
    if any(
        "\ud800" <= character <= "\udfff" for character in subject
    ):  # half a surrogate pair cannot be stored
        raise NotAuthenticated("The token's subject cannot be used.")
    return subject


def _invalid() -> NoReturn:
    raise NotAuthenticated("The token is not valid.")

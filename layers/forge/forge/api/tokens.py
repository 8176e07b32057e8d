"""Verifying JWTs against the issuer's published keys (OpenID Connect discovery). Imported only when tokens are used."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

import jwt
import urllib3

from forge.errors import NotAuthenticated, StorageUnavailable

_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
_LEEWAY_SECONDS = 30
_KEYS_SECONDS = 600
_TIMEOUT_SECONDS = 3.0


def verified_subject(token: str, issuer: str, audience: str) -> str:
    """The `sub` of a valid token. Raises `NotAuthenticated`; `StorageUnavailable` when the issuer is out of reach."""
    try:
        key = _keys(issuer).get_signing_key_from_jwt(token)
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=_ALGORITHMS,
            issuer=issuer,
            leeway=_LEEWAY_SECONDS,
            options={"require": ["exp", "iss", "sub"], "verify_aud": False},
        )
    except jwt.PyJWKClientConnectionError as error:
        raise _unreachable() from error
    except jwt.PyJWTError as error:
        raise NotAuthenticated("The token is not valid.") from error
    if audience and audience not in _audiences(claims):
        raise NotAuthenticated("The token is for another audience.")
    return str(claims["sub"])


def _audiences(claims: dict[str, Any]) -> list[Any]:
    """Access tokens of Amazon Cognito name the client in `client_id` and have no `aud`."""
    named: Any = claims.get("aud", claims.get("client_id"))
    return cast(list[Any], named) if isinstance(named, list) else [named]


@cache
def _keys(issuer: str) -> jwt.PyJWKClient:
    """Keys are fetched again after a while, and for a key id that is not known."""
    url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    try:
        response = urllib3.request("GET", url, timeout=_TIMEOUT_SECONDS, retries=1)
        configuration: Any = response.json()
        return jwt.PyJWKClient(
            configuration["jwks_uri"], cache_keys=True, lifespan=_KEYS_SECONDS, timeout=int(_TIMEOUT_SECONDS)
        )
    except (urllib3.exceptions.HTTPError, ValueError, KeyError) as error:
        raise _unreachable() from error


def _unreachable() -> StorageUnavailable:
    return StorageUnavailable("The identity provider is out of reach.", retry_after=5)

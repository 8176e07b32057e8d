"""Verify a token's signature by the issuer's published keys. This is imported only for tokens that pass all other
checks.
"""

from __future__ import annotations

from typing import Any

import jwt

from forge.api.tokens.issuer_keys import Clock, Fetch, IssuerKeys
from forge.api.tokens.token_claims import Unverified
from forge.errors import NotAuthenticated

_OPTIONS: Any = {"verify_signature": True, "enforce_minimum_key_length": True}


class Verifier:
    def __init__(self, issuer: str, clock: Clock, fetch: Fetch | None = None) -> None:
        self._keys = IssuerKeys(issuer, clock, fetch)

    def verify(self, token: str, unverified: Unverified) -> None:
        """Raises `NotAuthenticated`; `IdentityUnavailable` when the issuer's keys cannot be fetched."""
        key = self._keys.key(unverified.key_id)
        if key is None:
            raise NotAuthenticated("The token is signed by an unknown key.")
        try:
            # A published key without an algorithm is used with the token's algorithm, if the key type supports it.
            algorithm = None if key.get("alg") else unverified.algorithm
            jwt.PyJWS(options=_OPTIONS).decode(
                token, jwt.PyJWK(key, algorithm), algorithms=[unverified.algorithm]
            )
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise NotAuthenticated("The token is not valid.") from error

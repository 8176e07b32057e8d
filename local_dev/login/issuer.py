"""`AUTH_ISSUER=dev`: an OpenID Connect provider on the local server, where everybody may log in under any name.

It is for trying a login and for its tests, and is never deployed. What it issues is signed and contains all data, so
the provider remembers only the codes that were used.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Mapping
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm
from starlette.types import Receive, Scope, Send

from local_dev.http_server.answer import Answer
from local_dev.http_server.asgi import BodyTooLarge, joined_headers, read_body, respond
from local_dev.login.login_page import PAGE_HEADERS, choosing_page
from local_dev.login.variables import AUDIENCE, CLIENT_ID, ISSUER_PATH

COOKIE = "forge_dev_person"
CODE_SECONDS = 60
LOGIN_SECONDS = 86_400
BODY_LIMIT = 20_000
_NO_STORE = ("cache-control", "no-store")


class Refused(Exception):
    """An error of RFC 6749; `args[0]` is its code."""


class LoginIssuer:
    """`url`: of the issuer; `token_seconds`: how long an access token is valid."""

    def __init__(self, url: str, key: ec.EllipticCurvePrivateKey, token_seconds: float) -> None:
        self._url, self._key, self._seconds = url, key, token_seconds
        self._used: dict[str, float] = {}
        self._routes: dict[tuple[str, str], Callable[[Mapping[str, str], str], Answer]] = {
            ("GET", "/.well-known/openid-configuration"): self._configuration,
            ("GET", "/keys"): self._keys,
            ("GET", "/authorize"): self._authorize,
            ("POST", "/token"): self._token,
            ("GET", "/logout"): self._log_out,
        }

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        action = self._routes.get((scope["method"], scope["path"].removeprefix(ISSUER_PATH)))
        try:
            body = await read_body(receive, BODY_LIMIT)
            text = body if scope["method"] == "POST" else scope["query_string"]
            asked = dict(parse_qsl(text.decode("latin-1")))
            person = self._remembered(joined_headers(scope).get("cookie", ""))
            answer = action(asked, person) if action else Answer.message(404, "Not Found")
        except Refused as refused:
            answer = _json({"error": refused.args[0]}, 400)
        except BodyTooLarge:
            answer = Answer.message(413, "Request Entity Too Large")
        await respond(scope, send, answer)

    def _configuration(self, _asked: Mapping[str, str], _person: str) -> Answer:
        return _json(
            {
                "issuer": self._url,
                "authorization_endpoint": f"{self._url}/authorize",
                "token_endpoint": f"{self._url}/token",
                "end_session_endpoint": f"{self._url}/logout",
                "jwks_uri": f"{self._url}/keys",
                "response_types_supported": ["code"],
                "code_challenge_methods_supported": ["S256"],
                "id_token_signing_alg_values_supported": ["ES256"],
            }
        )

    def _keys(self, _asked: Mapping[str, str], _person: str) -> Answer:
        key = json.loads(ECAlgorithm.to_jwk(self._key.public_key()))
        return _json({"keys": [{**key, "kid": "dev", "use": "sig", "alg": "ES256"}]})

    def _authorize(self, asked: Mapping[str, str], person: str) -> Answer:
        back = asked.get("redirect_uri", "")
        if asked.get("client_id") != CLIENT_ID or not self._is_our_page(back):
            raise Refused("invalid_request")
        person = asked.get("person", "").strip()[:80] or ("" if asked.get("prompt") == "login" else person)
        told = {"state": asked.get("state", ""), "iss": self._url}
        if not person and asked.get("prompt") == "none":
            return _to(back, {"error": "login_required", **told})
        if not person:
            return Answer(200, choosing_page(asked), [*PAGE_HEADERS, _NO_STORE])
        if asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256":
            return _to(back, {"error": "invalid_request", **told})
        kept = {name: asked.get(name, "") for name in ("code_challenge", "nonce", "redirect_uri")}
        code = self._signed("code", CODE_SECONDS, sub=person, jti=secrets.token_hex(16), **kept)
        remembered = self._signed("person", LOGIN_SECONDS, sub=person)
        cookie = f"{COOKIE}={remembered}; Path={ISSUER_PATH}; HttpOnly; SameSite=Lax"
        return _to(back, {"code": code, **told}, ("set-cookie", cookie))

    def _token(self, asked: Mapping[str, str], _person: str) -> Answer:
        if asked.get("client_id") != CLIENT_ID:
            raise Refused("invalid_client")
        match asked.get("grant_type"):
            case "authorization_code":
                given = self._read("code", asked.get("code", ""))
                digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
                challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
                if given["code_challenge"] != challenge or given["jti"] in self._used:
                    raise Refused("invalid_grant")
                if given["redirect_uri"] != asked.get("redirect_uri"):
                    raise Refused("invalid_grant")
                self._use_up(given["jti"], given["exp"])
                return self._granted(given["sub"], given["nonce"])
            case "refresh_token":
                return self._granted(self._read("refresh", asked.get("refresh_token", ""))["sub"], "")
            case _:
                raise Refused("unsupported_grant_type")

    def _use_up(self, code: str, until: float) -> None:
        """A code that has expired is refused in any case, so it need not be remembered."""
        now = time.time()
        self._used = {each: end for each, end in self._used.items() if end > now} | {code: until}

    def _granted(self, person: str, nonce: str) -> Answer:
        known = {"sub": person, "client_id": CLIENT_ID, "scope": "openid"}
        return _json(
            {
                "token_type": "Bearer",
                "expires_in": self._seconds,
                "access_token": self._signed("at+jwt", self._seconds, aud=AUDIENCE, **known),
                "id_token": self._signed(
                    "JWT", self._seconds, aud=CLIENT_ID, sub=person, name=person, nonce=nonce
                ),
                "refresh_token": self._signed("refresh", LOGIN_SECONDS, sub=person),
            }
        )

    def _log_out(self, asked: Mapping[str, str], _person: str) -> Answer:
        back = asked.get("post_logout_redirect_uri", "")
        if not self._is_our_page(back):
            raise Refused("invalid_request")
        return _to(back, {}, ("set-cookie", f"{COOKIE}=; Path={ISSUER_PATH}; Max-Age=0"))

    def _is_our_page(self, address: str) -> bool:
        """The address becomes a header field. `urlsplit` leaves control characters out before it compares."""
        if not (address.isascii() and address.isprintable()):
            return False
        try:
            ours, asked = urlsplit(self._url), urlsplit(address)
        except ValueError:
            return False
        return (asked.scheme, asked.netloc) == (ours.scheme, ours.netloc)

    def _remembered(self, cookies: str) -> str:
        try:
            cookie = SimpleCookie(cookies).get(COOKIE)
            return self._read("person", cookie.value)["sub"] if cookie else ""
        except (CookieError, Refused):
            return ""

    def _signed(self, kind: str, seconds: float, **claims: Any) -> str:
        now = time.time()
        content = {"iss": self._url, "iat": int(now), "exp": now + seconds, **claims}
        return jwt.encode(content, self._key, "ES256", headers={"kid": "dev", "typ": kind})

    def _read(self, kind: str, token: str) -> dict[str, Any]:
        try:
            read = jwt.decode_complete(
                token,
                self._key.public_key(),
                algorithms=["ES256"],
                issuer=self._url,
                options={"verify_aud": False},
            )
        except jwt.PyJWTError:
            raise Refused("invalid_grant") from None
        if read["header"].get("typ") != kind:
            raise Refused("invalid_grant")
        return read["payload"]


def kept_key(file: Path) -> ec.EllipticCurvePrivateKey:
    """The key is kept over restarts, so that a login stays valid."""
    try:
        return serialization.load_pem_private_key(file.read_bytes(), None)  # pyrefly: ignore[bad-return]  written below
    except (OSError, ValueError):
        key = ec.generate_private_key(ec.SECP256R1())
    form = serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    file.touch(0o600)
    file.write_bytes(pem)
    return key


def _json(content: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(content).encode(), [("content-type", "application/json"), _NO_STORE])


def _to(address: str, told: Mapping[str, str], *headers: tuple[str, str]) -> Answer:
    separator = "&" if urlsplit(address).query else "?"
    target = f"{address}{separator}{urlencode(told)}" if told else address
    return Answer(303, b"", [("location", target), _NO_STORE, *headers])

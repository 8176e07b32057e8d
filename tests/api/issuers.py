"""An OpenID Connect provider on this computer, whose keys and documents a test may change."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from forge.api import dependencies
from forge.api.authentication.caller import caller_of
from tests.api.conftest import Environment
from tests.patience import PATIENCE_SECONDS

AUDIENCE = "forge"
CONFIGURATION = "/.well-known/openid-configuration"


class Issuer:
    """Publishes two keys. `answers`: what is answered instead, by path: bytes, or a status."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.rsa = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
        self.elliptic = ec.generate_private_key(ec.SECP256R1())
        self.published: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, bytes | int] = {}
        self.asked: Counter[str] = Counter()
        self.reset()

    def reset(self) -> None:
        rsa_key = json.loads(RSAAlgorithm.to_jwk(self.rsa.public_key()))
        elliptic_key = json.loads(ECAlgorithm.to_jwk(self.elliptic.public_key()))
        self.published = {"r": {**rsa_key, "kid": "r"}, "e": {**elliptic_key, "kid": "e"}}
        self.answers.clear()
        self.asked.clear()

    def answer(self, path: str) -> tuple[int, bytes]:
        self.asked[path] += 1
        other = self.answers.get(path)
        if isinstance(other, int):
            return other, b""
        return 200, json.dumps(self.document(path)).encode() if other is None else other

    def document(self, path: str) -> Any:
        if path == CONFIGURATION:
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        return {"keys": list(self.published.values())}

    def claims(self, subject: Any, **claims: Any) -> dict[str, Any]:
        """Those that are None are left out."""
        now = int(time.time())
        all_claims = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": subject,
            "iat": now,
            "exp": now + 300,
            **claims,
        }
        return {name: value for name, value in all_claims.items() if value is not None}

    def token(
        self, subject: Any, *, key: Any = None, header: dict[str, Any] | None = None, **claims: Any
    ) -> str:
        headers = {"kid": "r", **(header or {})}
        return jwt.encode(self.claims(subject, **claims), key or self.rsa, algorithm="RS256", headers=headers)


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def owner_of(token: str) -> str:
    return caller_of(bearer(token)).owner


@pytest.fixture(scope="module")
def running_issuer() -> Iterator[Issuer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = made.answer(self.path)
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Issuer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join(PATIENCE_SECONDS)


@pytest.fixture
def issuer(running_issuer: Issuer) -> Issuer:
    """Publishes what it should."""
    running_issuer.reset()
    return running_issuer


@pytest.fixture
def signed_in(environment: Environment, issuer: Issuer) -> Issuer:
    """Tokens are required."""
    environment.set(AUTH_ISSUER=issuer.url, AUTH_AUDIENCE=AUDIENCE)
    dependencies.verifier.forget()
    return issuer

"""Tokens, tickets and owners."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from forge.api import tokens
from forge.api.authentication import owner_of
from forge.errors import NotAuthenticated, StorageUnavailable
from tests.api.conftest import Environment
from tests.api.gateway import Gateway

AUDIENCE = "forge"


class Issuer:
    """An OpenID Connect provider of two keys."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.rsa = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
        self.elliptic = ec.generate_private_key(ec.SECP256R1())

    def document(self, path: str) -> Any:
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        rsa_key = json.loads(RSAAlgorithm.to_jwk(self.rsa.public_key()))
        elliptic_key = json.loads(ECAlgorithm.to_jwk(self.elliptic.public_key()))
        return {"keys": [{**rsa_key, "kid": "r"}, {**elliptic_key, "kid": "e"}]}

    def token(self, subject: str | None, *, key: Any = None, **claims: Any) -> str:
        now = int(time.time())
        all_claims = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": subject,
            "iat": now,
            "exp": now + 300,
            **claims,
        }
        content = {name: value for name, value in all_claims.items() if value is not None}
        return jwt.encode(content, key or self.rsa, algorithm="RS256", headers={"kid": "r"})


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(made.document(self.path)).encode()
            self.send_response(200)
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
    thread.join(5)


@pytest.fixture
def signed_in(environment: Environment, issuer: Issuer) -> Issuer:
    """Tokens are required."""
    environment.set(AUTH_ISSUER=issuer.url, AUTH_AUDIENCE=AUDIENCE)
    return issuer


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def test_everybody_is_anonymous_until_an_issuer_is_set(environment: Environment) -> None:
    assert owner_of({}) == owner_of(bearer("nonsense")) == "anonymous"


def test_the_owner_is_the_subject_of_the_token(signed_in: Issuer) -> None:
    assert owner_of(bearer(signed_in.token("ann"))) == "ann"
    assert owner_of({"authorization": "bearer " + signed_in.token("ann")}) == "ann"


def test_a_token_that_cloudfront_moved_aside_counts(signed_in: Issuer) -> None:
    headers = {
        "authorization": "AWS4-HMAC-SHA256 …",
        "x-forwarded-authorization": f"Bearer {signed_in.token('ann')}",
    }
    assert owner_of(headers) == "ann"


def test_keys_of_other_kinds_are_used_too(signed_in: Issuer) -> None:
    claims = {"iss": signed_in.url, "aud": AUDIENCE, "sub": "ann", "exp": int(time.time()) + 60}
    token = jwt.encode(claims, signed_in.elliptic, algorithm="ES256", headers={"kid": "e"})
    assert owner_of(bearer(token)) == "ann"


def test_the_client_id_of_a_cognito_access_token_is_its_audience(signed_in: Issuer) -> None:
    assert owner_of(bearer(signed_in.token("ann", aud=None, client_id=AUDIENCE))) == "ann"


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1},
        {"exp": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "anonymous"},
        {"sub": "x" * 256},
        {"iss": "https://other.test"},
        {"iss": None},
        {"aud": "other"},
        {"aud": None},
        {"nbf": 4_000_000_000},
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(signed_in: Issuer, claims: dict[str, Any]) -> None:
    subject = claims.pop("sub", "ann")
    with pytest.raises(NotAuthenticated):
        owner_of(bearer(signed_in.token(subject, **claims)))


def test_a_token_signed_by_another_key_is_refused(signed_in: Issuer) -> None:
    other = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    with pytest.raises(NotAuthenticated):
        owner_of(bearer(signed_in.token("ann", key=other)))


def test_a_token_signed_by_nobody_or_by_the_public_key_is_refused(signed_in: Issuer) -> None:
    claims = {"iss": signed_in.url, "aud": AUDIENCE, "sub": "ann", "exp": int(time.time()) + 60}
    nobody: Any = None
    unsigned = jwt.encode(claims, nobody, algorithm="none", headers={"kid": "r"})
    symmetric = jwt.encode(claims, "k" * 64, algorithm="HS256", headers={"kid": "r"})
    for token in (unsigned, symmetric, "nonsense", "a.b.c", ""):
        with pytest.raises(NotAuthenticated):
            owner_of(bearer(token))


def test_an_issuer_out_of_reach_is_not_the_callers_fault(environment: Environment, issuer: Issuer) -> None:
    environment.set(AUTH_ISSUER="http://127.0.0.1:1", AUTH_AUDIENCE=AUDIENCE)
    tokens._keys.cache_clear()
    with pytest.raises(StorageUnavailable):
        owner_of(bearer(issuer.token("ann")))


def test_who_has_no_token_is_told_how_to_get_in(gateway: Gateway, signed_in: Issuer) -> None:
    answer = gateway.post("/api/chat", {"message": "hello"})
    assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_a_ticket_opens_one_connection(gateway: Gateway, signed_in: Issuer) -> None:
    answer = gateway.post("/api/ticket", {}, **bearer(signed_in.token("ann")))
    assert answer.json["expires_in"] <= 30
    ticket = answer.json["ticket"]
    statuses = [gateway.connect(session_id="s", ticket=ticket)[0] for _ in range(2)]
    assert statuses == [200, 401]


def test_only_who_has_a_token_gets_a_ticket(gateway: Gateway, signed_in: Issuer) -> None:
    assert gateway.post("/api/ticket", {}).status == 401
    assert gateway.connect(session_id="s")[0] == 401
    assert gateway.connect(session_id="s", ticket="guess")[0] == 401


def test_an_old_ticket_opens_nothing(gateway: Gateway, signed_in: Issuer) -> None:
    from forge.api import dependencies

    dependencies.store().tickets.issue("old", "ann", dependencies.now() - 1)
    assert gateway.connect(session_id="s", ticket="old")[0] == 401

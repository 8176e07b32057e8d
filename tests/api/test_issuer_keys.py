"""The issuer's keys: how long each is trusted, what fetching them costs, and unusable documents."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from typing import Any

import pytest

from forge.api.tokens import issuer_keys, token_claims
from forge.api.tokens.token_signature import Verifier
from forge.errors import IdentityUnavailable, NotAuthenticated
from tests.api.gateway import Gateway
from tests.api.issuers import (
    AUDIENCE,
    CONFIGURATION,
    Issuer,
    bearer,
    issuer,
    owner_of,
    running_issuer,
    signed_in,
)
from tests.clock import Clock

__all__ = ["issuer", "running_issuer", "signed_in"]


def verified(verifier: Verifier, issuer: Issuer, clock: Clock, token: str) -> str:
    unverified = token_claims.read(token, token_claims.Expected(issuer.url, AUDIENCE), clock.now)
    verifier.verify(token, unverified)
    return unverified.subject


def test_a_withdrawn_key_stops_working_within_ten_minutes(issuer: Issuer) -> None:
    clock = Clock()
    verifier = Verifier(issuer.url, clock)
    token = issuer.token("ann", exp=clock.now // 1_000 + 86_400)
    assert verified(verifier, issuer, clock, token) == "ann"
    del issuer.published["r"]
    accepted = 0
    for _ in range(10):  # used all the time, so that no cache is left alone
        clock.advance(60_000)
        try:
            verified(verifier, issuer, clock, token)
            accepted += 1
        except NotAuthenticated:
            continue
    assert accepted < 5
    with pytest.raises(NotAuthenticated):
        verified(verifier, issuer, clock, token)


def test_keys_are_not_trusted_longer_because_the_issuer_is_out_of_reach(issuer: Issuer) -> None:
    clock = Clock()
    verifier = Verifier(issuer.url, clock)
    token = issuer.token("ann", exp=clock.now // 1_000 + 86_400)
    verified(verifier, issuer, clock, token)
    issuer.answers["/keys"] = 503
    clock.advance(299_000)
    assert verified(verifier, issuer, clock, token) == "ann"
    clock.advance(2_000)
    with pytest.raises(IdentityUnavailable):
        verified(verifier, issuer, clock, token)
    issuer.answers.clear()
    clock.advance(5_000)
    assert verified(verifier, issuer, clock, token) == "ann"


def test_a_new_key_is_found_and_unknown_ones_cost_the_issuer_little(issuer: Issuer) -> None:
    clock = Clock()
    verifier = Verifier(issuer.url, clock)
    key = issuer.published.pop("r")
    token = issuer.token("ann", exp=clock.now // 1_000 + 86_400)
    for _ in range(200):
        with pytest.raises(NotAuthenticated):
            verified(verifier, issuer, clock, token)
    assert issuer.asked["/keys"] == 1
    issuer.published["r"] = key
    clock.advance(30_000)
    assert verified(verifier, issuer, clock, token) == "ann"
    assert issuer.asked["/keys"] == 2


def test_an_issuer_that_fails_is_left_alone_for_some_seconds(issuer: Issuer) -> None:
    clock = Clock()
    verifier = Verifier(issuer.url, clock)
    issuer.answers[CONFIGURATION] = 500
    token = issuer.token("ann", exp=clock.now // 1_000 + 86_400)
    for _ in range(50):
        with pytest.raises(IdentityUnavailable):
            verified(verifier, issuer, clock, token)
    assert issuer.asked[CONFIGURATION] == 1


ODD_DOCUMENTS = [
    (CONFIGURATION, b"<html>"),
    (CONFIGURATION, b"[]"),
    (CONFIGURATION, b"null"),
    (CONFIGURATION, b"[" * 100_000),
    (CONFIGURATION, b""),
    (CONFIGURATION, b"\xff\xfe"),
    (CONFIGURATION, b"{}"),
    (CONFIGURATION, 404),
    (CONFIGURATION, 302),
    (CONFIGURATION, b'{"issuer": "https://other.test", "jwks_uri": "https://other.test/keys"}'),
    (CONFIGURATION, b'{"issuer": "ISSUER/", "jwks_uri": "ISSUER/keys"}'),
    (CONFIGURATION, b'{"jwks_uri": "ISSUER/keys"}'),
    (CONFIGURATION, b'{"issuer": "ISSUER", "jwks_uri": "http://keys.test/keys"}'),
    (CONFIGURATION, b'{"issuer": "ISSUER", "jwks_uri": "file:///etc/passwd"}'),
    (CONFIGURATION, b'{"issuer": "ISSUER", "jwks_uri": 7}'),
    (CONFIGURATION, b'{"issuer": "ISSUER", "jwks_uri": "https://["}'),
    ("/keys", b"<html>"),
    ("/keys", b"[]"),
    ("/keys", b'{"keys": {}}'),
    ("/keys", b'{"keys": null}'),
    ("/keys", b'"keys"'),
    ("/keys", b"{" + b" " * 300_000 + b"}"),
    ("/keys", 500),
    ("/keys", 302),
]


@pytest.mark.parametrize(("path", "answer"), ODD_DOCUMENTS)
def test_an_issuer_that_publishes_nothing_usable_is_a_503(
    gateway: Gateway, signed_in: Issuer, path: str, answer: bytes | int
) -> None:
    if isinstance(answer, bytes):
        answer = answer.replace(b"ISSUER", signed_in.url.encode())
    signed_in.answers[path] = answer
    given = gateway.get(
        "/api/state?session_id=s",
    )
    assert given.status == 401
    given = gateway.call("GET", "/api/state?session_id=s", None, bearer(signed_in.token("ann")))
    assert (given.status, given.headers["retry-after"]) == (503, "5")


ODD_KEYS = [
    {},
    {"kid": "r"},
    {"kid": "r", "kty": "oct", "k": "AAAA"},
    {"kid": "r", "kty": "oct", "k": "AAAA", "alg": "HS256"},
    {"kid": "r", "kty": "RSA", "n": "AQAB", "e": "AQAB"},
    {"kid": "r", "kty": "RSA", "n": 1, "e": None},
    {"kid": "r", "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
    {"kid": "r", "kty": "EC", "crv": 5},
    {"kid": "r", "kty": ["RSA"]},
    {"kid": ["r"], "kty": "RSA"},
]


@pytest.mark.parametrize("key", ODD_KEYS, ids=json.dumps)
def test_a_published_key_that_cannot_be_used_lets_nobody_in(signed_in: Issuer, key: dict[str, Any]) -> None:
    signed_in.published = {"odd": key}
    with pytest.raises(NotAuthenticated):
        owner_of(signed_in.token("ann"))


def test_keys_for_encryption_sign_nothing(signed_in: Issuer) -> None:
    signed_in.published["r"]["use"] = "enc"
    with pytest.raises(NotAuthenticated):
        owner_of(signed_in.token("ann"))


NAMED_BY_THE_TOKEN = ("jku", "x5u", "iss", "kid", "x5t")


@pytest.mark.parametrize("name", NAMED_BY_THE_TOKEN)
def test_no_address_in_a_token_is_asked_for_keys(signed_in: Issuer, name: str) -> None:
    """The issuer's own server is where such an address leads, so that a question would be counted."""
    elsewhere = f"{signed_in.url}/of-the-token"
    header = {name: elsewhere, "jwk": {"kty": "oct", "k": "AAAA"}, "x5c": ["AAAA"]}
    with contextlib.suppress(NotAuthenticated):
        owner_of(signed_in.token("ann", header={} if name == "iss" else header, **_claims(name, elsewhere)))
    assert set(signed_in.asked) <= {CONFIGURATION, "/keys"}


def _claims(name: str, address: str) -> dict[str, str]:
    return {"iss": address} if name == "iss" else {"jku": address}


BYTES = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b" " * 99_998 + b"{}"


@pytest.mark.parametrize(
    "at_once", [0, 10, 45, 60_000], ids=["nothing", "status", "headers", "half of the body"]
)
def test_an_issuer_that_sends_a_byte_at_a_time_holds_nobody(at_once: int) -> None:
    """In the end its document would be right, but nobody waits for the end."""
    enough = threading.Event()

    def trickle(listener: socket.socket) -> None:
        with contextlib.suppress(OSError), listener.accept()[0] as caller:
            caller.recv(4_096)
            caller.sendall(BYTES[:at_once])
            for number in range(at_once, len(BYTES)):
                if enough.wait(0.05):
                    break
                caller.sendall(BYTES[number : number + 1])

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=trickle, args=(listener,))
        thread.start()
        try:
            with pytest.raises(IdentityUnavailable):
                issuer_keys.fetch_json(
                    f"http://127.0.0.1:{listener.getsockname()[1]}/keys", whole_seconds=0.3
                )
            assert thread.is_alive()  # it was still sending
        finally:
            enough.set()
            thread.join()

"""Tokens that are refused, in the order of the checks, and what a refusal costs."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from forge.api.tokens import token_claims
from forge.api.tokens.token_signature import Verifier
from forge.errors import ForgeError, IdentityUnavailable, NotAuthenticated
from tests.api.issuers import AUDIENCE, Issuer, issuer, owner_of, running_issuer, signed_in
from tests.clock import Clock
from tests.unlisted import tried

__all__ = ["issuer", "running_issuer", "signed_in"]

WRONG: dict[str, dict[str, Any]] = {
    "expired": {"exp": 1},
    "without an end": {"exp": None},
    "an end that is no number": {"exp": "4000000000"},
    "an end that is true": {"exp": True},
    "an end beyond all numbers": {"exp": 10**400},
    "not valid yet": {"nbf": 4_000_000_000},
    "a beginning that is no number": {"nbf": "now"},
    "without a subject": {"sub": None},
    "an empty subject": {"sub": ""},
    "everybody's subject": {"sub": "anonymous"},
    "a long subject": {"sub": "x" * 256},
    "half a character as subject": {"sub": "\ud800"},
    "another issuer": {"iss": "https://other.test"},
    "an issuer that begins alike": {"iss": "http://127.0.0.1"},
    "without an issuer": {"iss": None},
    "another audience": {"aud": "other"},
    "other audiences": {"aud": ["other", "forge2"]},
    "an audience in an object": {"aud": {AUDIENCE: True}},
    "without an audience": {"aud": None},
    "another audience and our client": {"aud": "other", "client_id": AUDIENCE},
    "ID token of Amazon Cognito": {"token_use": "id"},
    "ID token with its nonce": {"nonce": "n"},
    "ID token with its access token's hash": {"at_hash": "h"},
    "ID token with its code's hash": {"c_hash": "h"},
    "ID token of Keycloak": {"typ": "ID"},
    "refresh token of Keycloak": {"typ": "Refresh"},
    "offline token of Keycloak": {"typ": "Offline"},
    "logout token": {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}},
    "logout token by its type": {"header": {"typ": "logout+jwt"}},
    "a type that is no text": {"header": {"typ": 1}},
    "security event": {"header": {"typ": "secevent+jwt"}},
    "proof of possession": {"header": {"typ": "dpop+jwt"}},
    "no key id": {"header": {"kid": None}},
    "a key id that is no text": {"header": {"kid": 7}},
    "an unknown key id": {"header": {"kid": "x"}},
    "an extension that must be understood": {"header": {"crit": ["exp"]}},
    "a key of its own": {"header": {"kid": "mine", "jwk": {"kty": "oct", "k": "AAAA"}}},
}


def refused(issuer: Issuer) -> dict[str, str]:
    """By name: a token that must be refused."""
    other = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    nobody: Any = None
    claims = issuer.claims("ann")
    head = {"kid": "r"}
    made = {name: _made(issuer, dict(row)) for name, row in WRONG.items()}
    good = issuer.token("ann")
    return {
        **made,
        "signed by another key": issuer.token("ann", key=other),
        "signed by nobody": jwt.encode(claims, nobody, algorithm="none", headers=head),
        "signed by a word": jwt.encode(claims, "k" * 64, algorithm="HS256", headers=head),
        "another key's id": issuer.token("ann", header={"kid": "e"}),
        "no token": "nonsense",
        "three letters": "a.b.c",
        "two parts": good.rpartition(".")[0],
        "four parts": good + ".e",
        "one letter more": good + "x",
        "padding": good + "==",
        "a space in it": good[:40] + " " + good[40:],
        "empty": "",
        "very long": "e" * 20_000,
        "a name that comes twice": _twice(good, "sub"),
        "deep": _deep(),
        "claims that are a list": ".".join([good.split(".")[0], _part([1]), good.split(".")[2]]),
    }


def _made(issuer: Issuer, row: dict[str, Any]) -> str:
    subject = row.pop("sub", "ann")
    header = row.pop("header", {})
    claims = issuer.claims(subject, **row)
    parts = [_part({"alg": "RS256", "typ": "JWT", "kid": "r", **header}), _part(claims)]
    signature = jwt.PyJWS().encode(b"x", issuer.rsa, "RS256").split(".")[2]
    good = isinstance(header.get("kid", ""), str) and "crit" not in header and header.get("typ") != 1
    try:
        return issuer.token(subject, header=header, **row) if good else ".".join([*parts, signature])
    except (UnicodeEncodeError, TypeError, ValueError, jwt.PyJWTError):
        return ".".join([*parts, signature])


def _part(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def _twice(token: str, name: str) -> str:
    head, body, signature = token.split(".")
    text = base64.urlsafe_b64decode(body + "==").decode()
    doubled = f'{{"{name}":"bob",{text[1:]}'
    return ".".join([head, base64.urlsafe_b64encode(doubled.encode()).rstrip(b"=").decode(), signature])


def _deep() -> str:
    deep = base64.urlsafe_b64encode(b"[" * 3_000).rstrip(b"=").decode()
    return f"{deep}.{deep}.{deep}"


@pytest.mark.slow
def test_each_wrong_token_is_refused(signed_in: Issuer) -> None:
    for name, token in refused(signed_in).items():
        with pytest.raises(NotAuthenticated):
            assert not owner_of(token), name


@pytest.mark.processes
def test_a_refused_token_costs_neither_keys_nor_cryptography_nor_a_read(issuer: Issuer) -> None:
    """In a process of its own, which has loaded nothing yet. Only the signature needs the keys."""
    needing_keys = {
        "an unknown key id",
        "signed by another key",
        "another key's id",
        "one letter more",
        "a key of its own",
    }
    tokens = {name: token for name, token in refused(issuer).items() if name not in needing_keys}
    program = """
import json, sys
from forge.api import dependencies
from forge.api.authentication.caller import caller_of
from forge.errors import NotAuthenticated
let_in = []
for name, token in json.load(sys.stdin).items():
    try:
        caller_of({"authorization": "Bearer " + token})
        let_in.append(name)
    except NotAuthenticated:
        pass
heavy = [each for each in ("cryptography", "jwt", "urllib3", "boto3", "botocore") if each in sys.modules]
print(json.dumps([let_in, heavy, dependencies.store.is_made, dependencies.verifier.is_made]))
"""
    environment = {
        "PYTHONPATH": ":".join(sys.path),
        "FORGE_TABLE": "t",
        "AUTH_ISSUER": issuer.url,
        "AUTH_AUDIENCE": AUDIENCE,
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(tokens),
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert json.loads(done.stdout) == [[], [], False, False]
    assert not issuer.asked


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


CLAIMS = st.dictionaries(
    st.sampled_from(["iss", "aud", "sub", "exp", "nbf", "typ", "token_use", "client_id", "nonce"]), JSON
)


HEADERS = st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jku", "jwk"]), JSON)


EXPECTED = token_claims.Expected("https://issuer.test", AUDIENCE)


@pytest.mark.slow
@given(header=HEADERS, claims=CLAIMS)
def test_no_form_of_a_token_raises_anything_else(header: dict[str, Any], claims: dict[str, Any]) -> None:
    tried("tokens", (header, claims))
    right = {"iss": EXPECTED.issuer, "aud": AUDIENCE, "sub": "ann", "exp": 4_000_000_000}
    token = f"{_part({'alg': 'RS256', 'kid': 'r', **header})}.{_part({**right, **claims})}.AAAA"
    try:
        read = token_claims.read(token, EXPECTED, int(time.time() * 1_000))
    except NotAuthenticated:
        return
    assert (read.subject, type(read.key_id)) == (claims.get("sub", "ann"), str)


@given(st.text(max_size=60))
def test_no_text_as_a_token_raises_anything_else(text: str) -> None:
    tried("tokens", text)
    with pytest.raises(NotAuthenticated):
        token_claims.read(text, EXPECTED, 0)


@given(document=JSON)
def test_no_document_of_an_issuer_raises_anything_else(document: Any) -> None:
    tried("issuers' documents", document)
    configuration = {"issuer": EXPECTED.issuer, "jwks_uri": "https://issuer.test/keys"}

    def fetch(address: str) -> Any:
        return configuration if address.endswith("configuration") else {"keys": [document]}

    unverified = token_claims.Unverified("r", "RS256", "ann", 4_000_000_000)
    for each in (fetch, lambda _address: document):
        with pytest.raises(ForgeError) as raised:
            Verifier(EXPECTED.issuer, Clock(), each).verify("AAAA.AAAA.AAAA", unverified)
        assert isinstance(raised.value, NotAuthenticated | IdentityUnavailable)

"""Tokens: which are accepted, which are refused, and what a refusal costs."""

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
from pydantic import ValidationError

from forge.api import dependencies
from forge.api.authentication.caller import caller_of
from forge.api.tokens import token_claims
from forge.api.tokens.token_signature import Verifier
from forge.errors import ForgeError, IdentityUnavailable, NotAuthenticated
from forge.settings import Settings
from tests.api.conftest import Environment
from tests.api.gateway import Gateway
from tests.api.issuers import AUDIENCE, Issuer, bearer, issuer, owner_of, running_issuer, signed_in
from tests.clock import Clock
from tests.unlisted import tried

__all__ = ["issuer", "running_issuer", "signed_in"]


def test_everybody_is_anonymous_until_an_issuer_is_set(environment: Environment) -> None:
    for headers in ({}, bearer("nonsense")):
        assert caller_of(headers)[:2] == ("anonymous", None)


def test_the_owner_is_the_subject_of_the_token(signed_in: Issuer) -> None:
    token = signed_in.token("ann", exp=4_000_000_000)
    assert caller_of(bearer(token))[:2] == ("ann", 4_000_000_000_000)
    assert caller_of({"authorization": "bearer " + token}).owner == "ann"


def test_a_token_that_cloudfront_moved_aside_counts(signed_in: Issuer) -> None:
    headers = {
        "authorization": "AWS4-HMAC-SHA256 …",
        "x-forwarded-authorization": f"Bearer {signed_in.token('ann')}",
    }
    assert caller_of(headers).owner == "ann"


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])
def test_a_published_key_signs_by_every_algorithm_of_its_kind(signed_in: Issuer, algorithm: str) -> None:
    claims = signed_in.claims("ann")
    assert owner_of(jwt.encode(claims, signed_in.rsa, algorithm, headers={"kid": "r"})) == "ann"


def test_keys_of_other_kinds_are_used_too(signed_in: Issuer) -> None:
    token = jwt.encode(signed_in.claims("ann"), signed_in.elliptic, algorithm="ES256", headers={"kid": "e"})
    assert owner_of(token) == "ann"


ACCESS_TOKENS: dict[str, dict[str, Any]] = {
    "plain": {},
    "one audience of several": {"aud": ["other", AUDIENCE]},
    "RFC 9068": {"header": {"typ": "at+jwt"}, "client_id": "page", "nonce": "n"},
    "RFC 9068, whole media type": {"header": {"typ": "application/at+jwt"}},
    "Amazon Cognito": {"aud": None, "client_id": AUDIENCE, "token_use": "access"},
    "Keycloak before 24, with a nonce": {"typ": "Bearer", "nonce": "n", "azp": "page"},
    "Microsoft Entra ID": {"scp": "chat", "ver": "2.0"},
    "Auth0": {"scope": "openid chat", "gty": "password", "azp": "page"},
}


@pytest.mark.parametrize("claims", ACCESS_TOKENS.values(), ids=ACCESS_TOKENS.keys())
def test_an_access_token_of_each_provider_is_accepted(signed_in: Issuer, claims: dict[str, Any]) -> None:
    assert owner_of(signed_in.token("ann", **claims)) == "ann"


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


def test_a_token_for_the_page_itself_must_look_like_an_access_token(
    environment: Environment, signed_in: Issuer
) -> None:
    environment.set(AUTH_CLIENT_ID=AUDIENCE)
    assert owner_of(signed_in.token("ann", scope="openid")) == "ann"
    with pytest.raises(NotAuthenticated):
        owner_of(signed_in.token("ann"))


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


SETTINGS = [
    ({"AUTH_ISSUER": "https://issuer.test"}, "AUTH_AUDIENCE"),
    ({"AUTH_AUDIENCE": "forge"}, "AUTH_ISSUER"),
    ({"AUTH_CLIENT_ID": "page"}, "AUTH_ISSUER"),
    ({"AUTH_ISSUER": "http://issuer.test", "AUTH_AUDIENCE": "forge"}, "https"),
    ({"AUTH_ISSUER": "http://10.0.0.7", "AUTH_AUDIENCE": "forge"}, "https"),
    ({"AUTH_ISSUER": "http://127.0.0.1.evil.test", "AUTH_AUDIENCE": "forge"}, "https"),
    ({"AUTH_ISSUER": "http://127.0.0.1@evil.test", "AUTH_AUDIENCE": "forge"}, "https"),
    ({"AUTH_ISSUER": "issuer.test", "AUTH_AUDIENCE": "forge"}, "https"),
    ({"AUTH_ISSUER": "file:///issuer", "AUTH_AUDIENCE": "forge"}, "https"),
    ({"AUTH_ISSUER": "https://issuer.test?x=1", "AUTH_AUDIENCE": "forge"}, "https"),
    ({"AUTH_ISSUER": "https://[", "AUTH_AUDIENCE": "forge"}, "https"),
]


@pytest.mark.parametrize(("variables", "told"), SETTINGS)
def test_half_a_login_does_not_start(variables: dict[str, str], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Settings.from_environment({"FORGE_TABLE": "t", **variables})


@pytest.mark.parametrize("issuer_url", ["https://a.test/x", "http://localhost:8080/dev", "http://[::1]:1"])
def test_a_whole_login_starts(issuer_url: str) -> None:
    variables = {"FORGE_TABLE": "t", "AUTH_ISSUER": issuer_url, "AUTH_AUDIENCE": "forge"}
    assert Settings.from_environment(variables).auth_issuer == issuer_url


def test_who_has_no_token_is_told_how_to_get_in(gateway: Gateway, signed_in: Issuer) -> None:
    answer = gateway.post("/api/chat", {"message": "hello"})
    assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("body", ["{", "[" * 200_000, "x" * 300_000, "{}"])
def test_nobodys_body_is_not_read(gateway: Gateway, signed_in: Issuer, body: str) -> None:
    assert gateway.call("POST", "/api/chat", body).status == 401
    assert not dependencies.verifier.is_made

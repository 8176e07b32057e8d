"""Tokens that are accepted, and the settings of a login."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from pydantic import ValidationError

from forge.api import dependencies
from forge.api.authentication.caller import caller_of
from forge.errors import NotAuthenticated
from forge.settings import Settings
from tests.api.conftest import Environment
from tests.api.gateway import Gateway
from tests.api.issuers import AUDIENCE, Issuer, bearer, issuer, owner_of, running_issuer, signed_in

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


def test_a_token_for_the_page_itself_must_look_like_an_access_token(
    environment: Environment, signed_in: Issuer
) -> None:
    environment.set(AUTH_CLIENT_ID=AUDIENCE)
    assert owner_of(signed_in.token("ann", scope="openid")) == "ann"
    with pytest.raises(NotAuthenticated):
        owner_of(signed_in.token("ann"))


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

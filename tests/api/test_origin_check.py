"""Requests must come through the distribution, from its own page or an allowed one."""

from __future__ import annotations

import pytest

from forge.api.entry.origin_check import digest_of
from tests.api.conftest import Environment
from tests.api.gateway import Gateway
from tests.template import http_routes

NEW, OLD = "n" * 32, "o" * 32
PAGE = "https://page.cloudfront.test"
OWN = {"x-forwarded-host": "page.cloudfront.test"}


def status(gateway: Gateway, **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return gateway.call("GET", "/api/state?session_id=s", None, named).status


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (NEW, 200),
        (OLD, 200),
        ("", 403),
        (None, 403),
        ("n" * 31, 403),
        (digest_of(NEW), 403),
        (f"{NEW},{OLD}", 403),
        ("ñ" * 32, 403),
    ],
)
def test_only_the_distribution_is_answered_and_its_secret_can_be_renewed(
    gateway: Gateway, environment: Environment, shown: str | None, expected: int
) -> None:
    environment.set(EDGE_DIGESTS=f"{digest_of(NEW)},{digest_of(OLD)}")
    headers = {} if shown is None else {"x_forge_edge": shown}
    assert status(gateway, **headers) == expected


def test_every_route_and_the_handshake_ask_for_the_secret(gateway: Gateway, environment: Environment) -> None:
    environment.set(EDGE_DIGESTS=digest_of(NEW))
    for route in http_routes():
        if route.folder != "chat_stream":
            path = route.path.replace("{session_id}", "s")
            body = "{}" if route.method in ("POST", "PATCH") else None
            assert gateway.call(route.method, path, body).status == 403, route.path
    assert gateway.connect({"Host": "api.test"}, session_id="s")[0] == 403
    assert gateway.connect({"Host": "api.test", "X-Forge-Edge": NEW}, session_id="s")[0] == 200


def test_a_page_of_the_distribution_is_its_own_whatever_the_apis_host(gateway: Gateway) -> None:
    assert gateway.call("GET", "/api/state?session_id=s", None, {**OWN, "origin": PAGE}).status == 200
    foreign = {**OWN, "origin": "https://evil.test"}
    assert gateway.call("GET", "/api/state?session_id=s", None, foreign).status == 403
    assert gateway.connect({"Host": "api.test", "Origin": PAGE, **OWN}, session_id="s")[0] == 200


@pytest.mark.parametrize(
    "origin", ["null", "https://forge.test.evil.test", "https://evil.test/forge.test", "forge.test"]
)
def test_an_origin_that_only_looks_like_the_own_is_refused(gateway: Gateway, origin: str) -> None:
    assert status(gateway, origin=origin) == 403


def test_a_program_names_no_origin_and_is_answered(gateway: Gateway) -> None:
    assert status(gateway) == 200

"""Every answer of every function has the headers that prevent a browser from treating it as a page. Generated from
the routes.
"""

from __future__ import annotations

import json

import httpx
import pytest

from forge.api.entry.origin_check import digest_of
from forge.api.entry.security_headers import HEADERS
from forge.models.session import Catalog
from functions.chat_stream.handler import app as stream
from tests.api.conftest import Environment
from tests.api.gateway import Gateway
from tests.api.test_ownership import BODIES, QUERIES
from tests.template import HttpRoute, http_routes, of, template

ROUTES = http_routes()
IDS = [f"{route.method} {route.path}" for route in ROUTES]
ODD: list[tuple[str, str | None, dict[str, str]]] = [
    ("", "{", {}),
    ("", '"text"', {"content-type": "text/html"}),
    ("", "x" * 300_000, {}),
    ("?session_id=a%20b", "{}", {}),
    ("", None, {"origin": "https://evil.test"}),
    ("", None, {"authorization": "Bearer x"}),
]
"""Query, body, headers: each is refused somewhere else."""


def lacking(headers: dict[str, str]) -> set[str]:
    return {name for name, value in HEADERS.items() if headers.get(name) != value}


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
def test_every_answer_of_a_route_has_them(
    gateway: Gateway, environment: Environment, catalog: Catalog, route: HttpRoute
) -> None:
    url = route.path.replace("{session_id}", "s")
    body = BODIES.get(route.path, {}) if route.method in {"POST", "PATCH"} else None
    answers = [
        gateway.call(
            route.method,
            url + QUERIES.get(route.path, ""),
            body and httpx.Request("POST", "http://x", json=body).content.decode(),
        ),
        *(gateway.call(route.method, url + query, odd, headers) for query, odd, headers in ODD),
        gateway.call(
            "OPTIONS", url, None, {"origin": "https://evil.test", "access-control-request-method": "GET"}
        ),
    ]
    environment.set(EDGE_DIGESTS=digest_of("s" * 32))
    answers.append(gateway.call(route.method, url, None))
    assert [(answer.status, lacking(answer.headers)) for answer in answers if lacking(answer.headers)] == []
    assert len({answer.status for answer in answers}) >= 2


@pytest.mark.parametrize("method_and_path", [name for name in IDS if "/api/" in name])
def test_an_answer_is_kept_by_no_cache_and_names_its_session(
    gateway: Gateway, catalog: Catalog, method_and_path: str
) -> None:
    gateway.post("/api/chat", {"message": "hello", "session_id": "s"})
    method, path = method_and_path.split()
    body = json.dumps({"session_id": "s", **BODIES.get(path, {})}) if method in {"POST", "PATCH"} else None
    url = path.replace("{session_id}", "s") + QUERIES.get(path, "")
    answer = gateway.call(method, url, body)
    assert answer.headers["cache-control"] == "no-store"
    is_about_one = answer.status == 200 and path != "/api/sessions"
    assert answer.headers.get("x-session-id") == ("s" if is_about_one else None)


@pytest.mark.parametrize(
    "url", ["/api/chat/stream?session_id=a%20b", "/api/chat/stream/", "/openapi.json", "/docs", "/redoc"]
)
async def test_the_stream_has_them_too(environment: Environment, url: str) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(stream), base_url="http://api.test") as client:
        answer = await client.get(url)
    assert answer.status_code in {404, 422}
    assert lacking(dict(answer.headers)) == set()


def policy_of(name: str) -> dict[str, str]:
    """What CloudFront writes for a policy of the template."""
    config = of(name)["ResponseHeadersPolicyConfig"]
    security = config["SecurityHeadersConfig"]
    lasting = security["StrictTransportSecurity"]
    written = {
        "content-security-policy": str(security["ContentSecurityPolicy"]["ContentSecurityPolicy"]),
        "referrer-policy": security["ReferrerPolicy"]["ReferrerPolicy"],
        "strict-transport-security": f"max-age={lasting['AccessControlMaxAgeSec']}"
        + ("; includeSubDomains" if lasting["IncludeSubdomains"] else ""),
        "x-frame-options": security["FrameOptions"]["FrameOption"],
    }
    if security["ContentTypeOptions"]["Override"]:
        written["x-content-type-options"] = "nosniff"
    custom = config["CustomHeadersConfig"]["Items"]
    return written | {each["Header"].lower(): each["Value"] for each in custom}


def test_every_behaviour_of_the_distribution_sets_them() -> None:
    config = template()["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    page = config["DefaultCacheBehavior"]
    for each in [page, *config["CacheBehaviors"]]:
        written = policy_of(each["ResponseHeadersPolicyId"]["Ref"])
        assert written.keys() >= HEADERS.keys(), each
        assert each["TargetOriginId"] == "page" or written == HEADERS, each
    own = policy_of(page["ResponseHeadersPolicyId"]["Ref"])
    assert "require-trusted-types-for 'script'" in own["content-security-policy"]

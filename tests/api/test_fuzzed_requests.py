"""Requests made by schemathesis from the routers' OpenAPI document, sent to the functions themselves: none gets a
5xx.

The document is made for this test; none is served. `make fuzz` sends more than 5,000 requests, `make test` a sample.
"""

from __future__ import annotations

import base64
import importlib
import json
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings

from tests.api.conftest import Environment
from tests.api.gateway import Answer, Gateway, http_event, invoke
from tests.properties import examples
from tests.template import HttpRoute, http_routes
from tests.unlisted import tried

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed: make setup")
MODES = ("positive", "negative")
EACH = 200
SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
"""What schemathesis makes takes its time."""
ROUTES = http_routes()
CASES = [(route, mode) for route in ROUTES for mode in MODES if (route.path, mode) != ("/health", "negative")]
"""Nothing can be wrong with a request that has neither fields nor a body."""


class Sent(NamedTuple):
    """A request as API Gateway would tell of it."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes | None


@cache
def operations() -> dict[tuple[str, str], Any]:
    """By method and path, of one application of all routers."""
    app = FastAPI()
    for folder in sorted({route.folder for route in ROUTES}):
        app.include_router(importlib.import_module(f"functions.{folder}.handler").router)
    schema = schemathesis.openapi.from_dict(app.openapi())
    found = [result.ok() for result in schema.get_all_operations()]
    return {(each.method.upper(), each.path): each for each in found}


def sent(case: Any) -> Sent:
    query = {name: value for name, value in (case.query or {}).items() if value is not None}
    headers = {
        str(name).lower(): str(value).encode("latin-1", "replace").decode("latin-1").strip()
        for name, value in (case.headers or {}).items()
    }
    body = encoded(case.body)
    if body is not None:
        headers.setdefault("content-type", case.media_type or "application/json")
    names = case.path_parameters or {}
    path = case.path.format(**{name: quote(str(value), safe="") for name, value in names.items()})
    return Sent(case.method, path, urlencode(query, doseq=True, errors="replace"), headers, body)


def encoded(body: Any) -> bytes | None:
    if isinstance(body, bytes):
        return body
    if type(body).__name__ == "NotSet":
        return None
    return json.dumps(body).encode()


def carried_out(gateway: Gateway, folder: str, request: Sent) -> Answer:
    event = http_event(request.method, request.path, request.query, None, request.headers)
    if request.body is not None:
        event |= {"body": base64.b64encode(request.body).decode(), "isBase64Encoded": True}
    with gateway.inside(folder):
        return invoke(folder, event)


@pytest.mark.slow
def test_every_route_is_in_the_document() -> None:
    assert set(operations()) == {route[:2] for route in ROUTES}


@pytest.mark.slow
@pytest.mark.hypothesis
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("route", "mode"), CASES, ids=lambda part: part if part in MODES else part[1])
def test_a_request_of_any_form_is_answered_in_words_and_the_session_goes_on(
    gateway: Gateway, environment: Environment, route: HttpRoute, mode: str
) -> None:
    """`positive`: as the document says; `negative`: not so."""
    environment.set(DEPLOYMENT_UNITS_PER_MINUTE="1000000000")
    strategy = operations()[route[:2]].as_strategy(generation_mode=schemathesis.GenerationMode(mode))

    @settings(examples(8, EACH), suppress_health_check=SLOW)
    @given(strategy)
    def send(case: Any) -> None:
        request = sent(case)
        tried("requests by the routers' schema", request)
        answer = carried_out(gateway, route.folder, request)
        assert answer.status < 500, answer.text
        if answer.status >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json["status"] == answer.status

    send()
    assert gateway.post("/api/chat", {"message": "hello", "session_id": "s"}).json["queued"]

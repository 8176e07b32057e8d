"""A caller's `traceparent` is stored with the run while tracing is on, and is not stored while it is off."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from opentelemetry import trace
from starlette.testclient import TestClient

from forge.models.session_key import ANONYMOUS, SessionKey
from forge.models.trace import read_traceparent
from forge.store import Store
from functions.chat.handler import app
from tests.api.conftest import Environment
from tests.api.gateway import Gateway
from tests.api.test_chat import queued_bodies

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
KEY = SessionKey(ANONYMOUS, "s")


@pytest.fixture
def traced(environment: Environment) -> None:
    environment.set(OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9")


def accepted(store: Store) -> str:
    session = store.sessions.get(KEY)
    assert session
    return session.inbox[-1].trace


@pytest.mark.parametrize("path", ["/api/chat", "/api/system"])
@pytest.mark.usefixtures("traced")
def test_the_callers_trace_is_kept_with_the_run_and_the_queue_knows_when_it_was_sent(
    gateway: Gateway, real_store: Store, sqs: Any, queue_url: str, path: str
) -> None:
    gateway.post(path, {"message": "hello", "session_id": "s"}, traceparent=PARENT)
    assert accepted(real_store) == PARENT
    (body,) = queued_bodies(sqs, queue_url)
    session = real_store.sessions.get(KEY)
    assert session
    assert body["sent_at"] >= session.inbox[0].created_at


NOT_WELL_FORMED = [
    "",
    "hello",
    PARENT.upper(),
    PARENT + "-x",
    PARENT.replace("00-4", "ff-4"),
    PARENT.replace("00-4", "01-4"),
    f"{PARENT},{PARENT}",
    f"00-{'0' * 32}-00f067aa0ba902b7-01",
    f"00-4bf92f3577b34da6a3ce929d0e0e4736-{'0' * 16}-01",
    PARENT + "\n",
    PARENT.replace("4", "٤", 1),
]


@pytest.mark.parametrize("header", NOT_WELL_FORMED)
@pytest.mark.usefixtures("traced")
def test_a_header_that_is_not_well_formed_is_as_none(
    gateway: Gateway, real_store: Store, header: str
) -> None:
    assert read_traceparent(header) is None
    answer = gateway.post("/api/chat", {"message": "hello", "session_id": "s"}, traceparent=header)
    assert answer.status == 200
    assert accepted(real_store) == ""


def test_while_traces_are_off_nothing_is_kept_or_sent(
    gateway: Gateway, real_store: Store, sqs: Any, queue_url: str
) -> None:
    gateway.post("/api/chat", {"message": "hello", "session_id": "s"}, traceparent=PARENT)
    assert accepted(real_store) == ""
    (body,) = queued_bodies(sqs, queue_url)
    assert body["sent_at"] == 0
    assert "4bf92f3577b34da6" not in json.dumps(body)


@pytest.mark.usefixtures("traced")
def test_a_function_exports_nothing_itself(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """FastAPI would, with URLs in its spans: told so by a variable, or by a provider of the whole process."""
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    with TestClient(app) as client:
        answer = client.post("/api/chat", json={"message": "hello"}, headers={"traceparent": PARENT})
    assert answer.status_code == httpx.codes.OK
    assert isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)
    assert not app._native_telemetry.enabled()

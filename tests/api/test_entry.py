"""The entry stacks: logs, metrics, unexpected errors, many calls at once."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi import APIRouter

from forge.api.entry.application import create_app
from forge.api.entry.event_handler import event_handler
from forge.api.entry.http_handler import lambda_handler
from forge.api.entry.socket_handler import SocketCall, connect_handler, frame_handler
from forge.models.request_prices import FREE
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.observability import emit_all, log_fields, record
from tests.api.conftest import ConnectionsServer, Environment
from tests.api.gateway import Context, Gateway, http_event, socket_event
from tests.patience import PATIENCE_SECONDS

SECRET = "xyzzy-secret"


def lines(capsys: pytest.CaptureFixture[str]) -> list[Any]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_each_request_is_logged_once_with_its_id_and_sizes(
    gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.get("/health")
    (line,) = lines(capsys)
    assert (line["message"], line["status"], line["route"]) == ("request answered", 200, "GET /health")
    assert {"correlation_id", "milliseconds", "request_bytes", "response_bytes", "function"} <= set(line)


def test_an_accepted_message_is_logged_by_the_id_of_its_run(
    gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = gateway.post("/api/chat", {"message": "hello", "session_id": "s"}).headers["x-run-id"]
    accepted = next(line for line in lines(capsys) if line.get("message") == "message accepted")
    assert (accepted["correlation_id"], accepted["characters"]) == (run_id, 5)
    assert accepted["key_digest"] == SessionKey(ANONYMOUS, "s").digest


def test_metrics_of_a_call_are_written_at_its_end(
    gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.post("/api/chat", {"message": "hello", "session_id": "s"})
    gateway.post("/api/chat", {"message": "hello", "session_id": "s"})
    metrics = [set(line) - {"_aws", "service"} for line in lines(capsys) if "_aws" in line]
    assert metrics == [{"MessagesAccepted", "SessionsCreated"}, {"MessagesAccepted"}]


def test_calls_at_once_share_neither_log_fields_nor_metrics(
    environment: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    barrier, router = threading.Barrier(8), APIRouter()

    @router.get("/{number}")
    def get(number: int) -> dict[str, int]:
        log_fields(key_digest=f"s{number}")
        barrier.wait(PATIENCE_SECONDS)
        for _ in range(number):
            record("Tokens")
        barrier.wait(PATIENCE_SECONDS)
        return {"number": number}

    handler = lambda_handler(create_app(router, price=FREE))
    events = [http_event("GET", f"/{number}", "", None, {}) for number in range(8)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda event: handler(event, Context("F")), events))
    assert [json.loads(answer["body"])["number"] for answer in answers] == list(range(8))
    written = lines(capsys)
    assert sorted(len(line["Tokens"]) for line in written if "_aws" in line) == list(range(1, 8))
    logged = [line for line in written if line.get("message") == "request answered"]
    assert len({line["correlation_id"] for line in logged}) == 8
    assert all("key_digest" not in line for line in logged)


def test_an_endpoint_without_a_price_is_told_where_prices_are() -> None:
    router = APIRouter()
    router.add_api_route("/api/novel", lambda: None)
    with pytest.raises(LookupError, match=r"^GET /api/novel has no price: add one to ROUTES in forge/models"):
        create_app(router)


def test_an_error_nobody_expected_is_a_problem_without_details(
    environment: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    router = APIRouter()

    @router.get("/")
    def get() -> None:
        raise RuntimeError(SECRET)

    answer = lambda_handler(create_app(router, price=FREE))(
        http_event("GET", "/", "", None, {}), Context("F")
    )
    assert answer["statusCode"] == 500
    assert answer["headers"]["content-type"] == "application/problem+json"
    assert SECRET not in answer["body"]
    written = lines(capsys)
    error = next(line for line in written if line.get("message") == "unexpected error")
    assert error["error"] == "RuntimeError"
    assert any("test_entry.py" in frame for frame in error["frames"])
    assert any("UnexpectedErrors" in line for line in written)
    assert SECRET not in json.dumps(written)


def test_the_same_holds_on_a_socket(
    environment: Environment, connections_server: ConnectionsServer, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_call: SocketCall) -> None:
        raise RuntimeError(SECRET)

    connections_server.frames["c="] = []
    event = socket_event("sync", "c=", "{}")
    assert frame_handler(fail)(event, Context("F")) == {"statusCode": 200}
    assert connect_handler(fail)(event, Context("F")) == {"statusCode": 500}
    (frame,) = connections_server.frames["c="]
    assert (frame["type"], frame["status"]) == ("error", 500)
    assert SECRET not in json.dumps(frame) + capsys.readouterr().out


def test_events_that_fail_are_raised_to_come_again(capsys: pytest.CaptureFixture[str]) -> None:
    def fail(_event: Any) -> None:
        raise RuntimeError(SECRET)

    with pytest.raises(RuntimeError):
        event_handler(fail)({}, Context("F"))
    assert SECRET not in capsys.readouterr().out


def test_a_storage_out_of_reach_is_unavailable_and_says_when_to_try_again(
    gateway: Gateway, environment: Environment
) -> None:
    environment.set(AWS_ENDPOINT_URL="http://127.0.0.1:1")
    from forge.api import dependencies

    dependencies.forget()
    answer = gateway.get("/api/state", session_id="s")
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    environment.unset("AWS_ENDPOINT_URL")
    dependencies.forget()


def test_a_process_without_invocations_writes_a_metric_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    emit_all("worker", ("RunSeconds", 1.5, "Seconds"))
    (line,) = lines(capsys)
    assert (line["service"], line["RunSeconds"]) == ("worker", [1.5])


def test_health_is_ok(gateway: Gateway) -> None:
    answer = gateway.get("/health")
    assert (answer.status, answer.text, answer.headers["content-type"]) == (
        200,
        "OK",
        "text/plain; charset=utf-8",
    )


def test_pages_of_other_hosts_may_call_as_configured(gateway: Gateway, environment: Environment) -> None:
    def origin_of(origin: str) -> str | None:
        answer = gateway.call("GET", "/api/state", None, {"origin": origin})
        return answer.headers.get("access-control-allow-origin")

    assert origin_of("https://anywhere.test") is None
    environment.set(CORS_ORIGINS="*")
    assert origin_of("https://anywhere.test") == "*"
    environment.set(CORS_ORIGINS="https://good.test, https://fine.test")
    assert [origin_of(f"https://{host}.test") for host in ("good", "fine", "evil")] == [
        "https://good.test",
        "https://fine.test",
        None,
    ]


def test_a_preflight_is_answered(gateway: Gateway, environment: Environment) -> None:
    environment.set(CORS_ORIGINS="https://page.test")
    headers = {
        "origin": "https://page.test",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type, idempotency-key",
    }
    answer = gateway.call("OPTIONS", "/api/chat", None, headers)
    assert answer.status == 200
    assert "POST" in answer.headers["access-control-allow-methods"]


def test_a_page_may_read_the_headers_that_carry_ids(gateway: Gateway, environment: Environment) -> None:
    environment.set(CORS_ORIGINS="https://page.test")
    answer = gateway.call("GET", "/api/state", None, {"origin": "https://page.test"})
    exposed = answer.headers["access-control-expose-headers"].lower()
    assert {"x-session-id", "x-run-id", "retry-after"} <= {name.strip() for name in exposed.split(",")}

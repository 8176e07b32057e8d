"""No log line contains a session's id, which would let its reader use an anonymous session: over all routes and
frames.
"""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest

from forge.api import dependencies
from forge.models.session import Catalog
from forge.models.session_key import ANONYMOUS, SessionKey
from functions.expire_session.handler import handler as expire_session
from tests.api.conftest import Environment
from tests.api.gateway import Context, Gateway
from tests.api.test_claims import leave_request
from tests.api.test_ownership import BODIES, ROUTES, call
from tests.loglines import LogLines
from tests.template import ROOT, socket_routes

PLANTED = "a-session-that-no-log-may-name"
KEY = SessionKey(ANONYMOUS, PLANTED)
ENDINGS = ["deleted", "out of reach"]
"""Routes are called in a session that lives, and afterwards in one that does not."""


def every_route(gateway: Gateway) -> None:
    """The deletion comes last."""
    for route in sorted(ROUTES, key=lambda route: route.method == "DELETE"):
        call(gateway, route, None, PLANTED)
        if route.path in BODIES:
            for body in ({**BODIES[route.path], "session_id": [PLANTED]}, PLANTED):
                gateway.call(route.method, route.path.replace("{session_id}", PLANTED), json.dumps(body))


def every_frame(gateway: Gateway) -> None:
    _, connection = gateway.connect(session_id=PLANTED)
    for route in ("unknown", *(name for name in socket_routes() if not name.startswith("$"))):
        gateway.say(connection, {"type": route, "session_id": PLANTED, "have": PLANTED, "ticket": PLANTED})
    gateway.leave(connection)
    gateway.connect(session_id=f"{PLANTED} with a space")


@pytest.mark.slow
@pytest.mark.parametrize("ending", ENDINGS)
def test_no_route_and_no_frame_writes_the_id(
    gateway: Gateway,
    environment: Environment,
    catalog: Catalog,
    capsys: pytest.CaptureFixture[str],
    ending: str,
) -> None:
    gateway.post("/api/chat", {"message": "pay", "session_id": PLANTED})
    leave_request(KEY)
    with LogLines.of("forge") as lines:
        every_frame(gateway)
        if ending == "out of reach":
            environment.set(AWS_ENDPOINT_URL="http://127.0.0.1:1")
            dependencies.forget()
        every_route(gateway)
        if ending == "out of reach":
            environment.unset("AWS_ENDPOINT_URL")
            dependencies.forget()
    written = capsys.readouterr()
    assert lines.naming(PLANTED) == []
    assert PLANTED not in written.out + written.err
    answered = [line for line in lines.lines if line.startswith("request answered")]
    assert len(answered) >= len(ROUTES)


def test_an_expired_session_is_named_by_its_digest(
    gateway: Gateway, dynamodb: Any, table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.post("/api/chat", {"message": "a", "session_id": PLANTED})
    key = {"pk": {"S": KEY.partition}, "sk": {"S": "session"}}
    image = dynamodb.delete_item(TableName=table, Key=key, ReturnValues="ALL_OLD")["Attributes"]
    change = {"Keys": key, "OldImage": image, "SequenceNumber": "1"}
    expire_session({"Records": [{"eventName": "REMOVE", "dynamodb": change}]}, Context("ExpireSession"))
    written = capsys.readouterr().out
    assert KEY.digest in written
    assert PLANTED not in written


LOGGING = {"debug", "info", "warning", "error", "exception", "critical", "log_fields", "run_fields"}


def logged(tree: ast.AST) -> list[str]:
    """What is given to calls that log."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    named = [(ast.unparse(each.func), ast.unparse(each)) for each in calls]
    return [text for name, text in named if name.rpartition(".")[2] in LOGGING]


@pytest.mark.slow
def test_no_call_that_logs_is_given_a_session_id() -> None:
    """Also where no test of ours comes by."""
    paths = [path for room in ("layers/forge", "worker", "functions") for path in (ROOT / room).rglob("*.py")]
    calls = [text for path in paths for text in logged(ast.parse(path.read_text()))]
    assert len(calls) > 50
    assert [text for text in calls if "session_id" in text or ".title" in text] == []

"""Any bad input is answered by a problem document with a 4xx status that says what is wrong and repeats none of
the input.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from forge.models.session import Catalog
from tests.api.gateway import Gateway, http_event, invoke

SECRET = "xyzzy-secret"
GOOD = {
    "/api/chat": {"message": "hello"},
    "/api/interrupt": {},
    "/api/system": {"message": "hello"},
    "/api/mcp-command": {"command": "list_tools"},
}
BAD_BODIES: list[tuple[str, dict[str, Any], int, str]] = [
    ("/api/chat", {}, 422, "message"),
    ("/api/chat", {"message": 5}, 422, "message"),
    ("/api/chat", {"message": None}, 422, "message"),
    ("/api/chat", {"message": ["a"]}, 422, "message"),
    ("/api/chat", {"message": "   "}, 422, "message"),
    ("/api/chat", {"message": "\u200b\u2060"}, 422, "message"),
    ("/api/chat", {"message": "\ufeff\u3164\u2800"}, 422, "message"),
    ("/api/chat", {"message": "\u202e\U000e0041\n"}, 422, "message"),
    ("/api/chat", {"message": "x" * 16_001}, 422, "message"),
    ("/api/chat", {"message": "é" * 8_001}, 422, "message"),
    ("/api/chat", {"message": "a", "session_id": ""}, 422, "session_id"),
    ("/api/chat", {"message": "a", "session_id": "a/b"}, 422, "session_id"),
    ("/api/chat", {"message": "a", "session_id": "ä"}, 422, "session_id"),
    ("/api/chat", {"message": "a", "session_id": "a\n"}, 422, "session_id"),
    ("/api/chat", {"message": "a", "session_id": "a" * 129}, 422, "session_id"),
    ("/api/chat", {"message": "a", "session_id": 7}, 422, "session_id"),
    ("/api/chat", {"message": "a", "session_id": "."}, 422, "session_id"),
    ("/api/interrupt", {"session_id": ".."}, 422, "session_id"),
    ("/api/chat", {"message": "\x00" * 5_334}, 422, "message"),
    ("/api/chat", {"message": "a", "if_busy": SECRET}, 422, "if_busy"),
    ("/api/interrupt", {"run_id": "nonsense"}, 422, "run_id"),
    ("/api/interrupt", {"session_id": "#"}, 422, "session_id"),
    ("/api/system", {}, 422, "message"),
    ("/api/system", {"message": "a", "approval": SECRET}, 422, "approval"),
    ("/api/system", {"message": "a", "approval": {"outcome": SECRET}}, 422, "approval.outcome"),
    (
        "/api/system",
        {"message": "a", "approval": {"outcome": "sent", "transaction_hash": "0x1"}},
        422,
        "approval.transaction_hash",
    ),
    ("/api/system", {"message": "a", "approval": {"outcome": "sent", "approval_id": "x"}}, 422, "approval"),
    ("/api/mcp-command", {}, 422, "command"),
    ("/api/mcp-command", {"command": ""}, 422, "command"),
    ("/api/mcp-command", {"command": "x" * 65}, 422, "command"),
    ("/api/mcp-command", {"command": "set_network", "args": []}, 422, "args"),
    ("/api/mcp-command", {"command": "set_network"}, 422, "args.network"),
    ("/api/mcp-command", {"command": "set_network", "args": {"network": 5}}, 422, "args.network"),
    ("/api/mcp-command", {"command": "call_tool", "args": {"arguments": {}}}, 422, "args.name"),
    ("/api/mcp-command", {"command": "call_tool", "args": {"name": "x", "arguments": 3}}, 422, "args.argu"),
]


def assert_problem(answer: Any, status: int) -> None:
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json
    assert problem["status"] == status
    assert {"type", "title", "status", "detail"} <= set(problem)
    assert SECRET not in answer.text


@pytest.mark.slow
@pytest.mark.parametrize(("path", "body", "status", "field"), BAD_BODIES)
def test_a_wrong_field_is_named_and_not_repeated(
    gateway: Gateway, path: str, body: dict[str, Any], status: int, field: str
) -> None:
    answer = gateway.post(path, body)
    assert_problem(answer, status)
    assert any(each["field"].startswith(field) for each in answer.json["errors"])


@pytest.mark.parametrize("path", GOOD)
@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 422),
        ("{", 400),
        ("nonsense " + SECRET, 400),
        ("[]", 422),
        ("null", 422),
        ("5", 422),
        ('"text"', 422),
        ("[" * 20_000, 400),
        ('{"message": "\\ud800", "command": "\\ud800"}', 400),
        ("1" * 5_000, 400),
    ],
)
def test_a_body_that_is_no_object_is_a_bad_request(
    gateway: Gateway, path: str, body: str, status: int
) -> None:
    assert_problem(gateway.call("POST", path, body), status)


@pytest.mark.parametrize("path", GOOD)
def test_a_body_of_a_megabyte_is_too_large(gateway: Gateway, path: str) -> None:
    assert_problem(gateway.post(path, {"message": "x" * 1_000_000}), 413)


@pytest.mark.parametrize("path", GOOD)
@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_a_body_that_is_not_json_is_not_supported(gateway: Gateway, path: str, kind: str) -> None:
    answer = gateway.call("POST", path, json.dumps(GOOD[path]), {"content-type": kind})
    assert_problem(answer, 415)


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_is_known_by_any_of_its_names(gateway: Gateway, kind: str) -> None:
    answer = gateway.call("POST", "/api/chat", '{"message": "a"}', {"content-type": kind})
    assert answer.status == 200


def test_unknown_fields_are_ignored_as_they_were_before(gateway: Gateway) -> None:
    assert gateway.post("/api/chat", {"message": "a", "colour": "red", "session_id": None}).status == 200


def test_the_last_of_repeated_members_counts(gateway: Gateway) -> None:
    body = '{"message": "one", "session_id": "a", "message": "two", "session_id": "b"}'
    answer = gateway.call("POST", "/api/chat", body)
    assert (answer.json["session_id"], answer.json["messages"][0]["content"]) == ("b", "two")


CALL = '{"command": "call_tool", "message": "x", "args": {"name": "balance", "arguments": {"who": %s}}}'
UNREADABLE = {
    "deep for the store's reader": (CALL % ("[" * 210 + "]" * 210)).encode(),
    "deep for the store's writer": (CALL % ('{"a":' * 900 + "1" + "}" * 900)).encode(),
    "half a pair in bytes": (CALL % '"\ud800"').encode(errors="surrogatepass"),
    "half a pair in UTF-16": (CALL % '"\\ud800"').encode("utf-16"),
    "no UTF-8": (CALL % '"\xff"').encode("latin-1"),
    "no number": (CALL % "NaN").encode(),
}


@pytest.mark.parametrize("folder", ["chat", "mcp_command"])
@pytest.mark.parametrize("name", UNREADABLE)
def test_a_body_that_not_every_parser_behind_the_entry_reads_is_a_bad_request(
    gateway: Gateway, catalog: Catalog, folder: str, name: str
) -> None:
    event = http_event(
        "POST", f"/api/{folder.replace('_', '-')}", "", None, {"content-type": "application/json"}
    )
    body = {"body": base64.b64encode(UNREADABLE[name]).decode(), "isBase64Encoded": True}
    assert_problem(invoke(folder, event | body), 400)


def test_a_byte_order_mark_is_no_fault(gateway: Gateway) -> None:
    assert gateway.call("POST", "/api/chat", '\ufeff{"message": "a"}').status == 200


@pytest.mark.parametrize("session_id", ["", "a%2Fb", "%00", "a" * 129, "a b", ".", "..", "%2e%2E"])
def test_a_bad_session_id_in_a_query_is_named(gateway: Gateway, session_id: str) -> None:
    answer = gateway.call("GET", f"/api/state?session_id={session_id}")
    assert_problem(answer, 422)
    assert "session_id: must be 1 to 128 characters: letters" in answer.json["detail"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/interrupt", {"run_id": "no"}),
        ("/api/chat", {"message": "a", "session_id": "a/b"}),
        (
            "/api/system",
            {"message": "a", "approval": {"approval_id": "x", "outcome": "sent", "transaction_hash": "0x1"}},
        ),
        (
            "/api/approvals/claim",
            {"session_id": "s", "approval_id": "x", "claim": "?", "account": "0x", "digest": "d"},
        ),
    ],
)
def test_nobody_is_told_a_regular_expression(gateway: Gateway, path: str, body: Any) -> None:
    answer = gateway.post(path, body)
    assert_problem(answer, 422)
    assert "^" not in answer.json["detail"]
    assert "must be" in answer.json["detail"]


@pytest.mark.parametrize("key", [" ", "x" * 256])
def test_an_idempotency_key_has_a_limit(gateway: Gateway, key: str) -> None:
    answer = gateway.post("/api/chat", {"message": "a"}, Idempotency_Key=key)
    assert answer.status in {200, 422}
    assert answer.status == 422 or len(key) == 1


def test_a_path_that_is_nobodys_is_not_found(gateway: Gateway) -> None:
    assert_problem(invoke("health", http_event("GET", "/nothing", "", None, {})), 404)
    assert_problem(invoke("chat", http_event("GET", "/api/chat", "", None, {})), 405)


@pytest.mark.parametrize(
    ("title", "status"), [("", 422), ("   ", 422), ("x" * 81, 422), (5, 422), (None, 422), ("fine", 404)]
)
def test_a_title_is_checked_before_the_session_is(gateway: Gateway, title: Any, status: int) -> None:
    assert_problem(gateway.patch("/api/sessions/s", {"title": title}), status)


@pytest.mark.parametrize("ids", ["a,b/c", "ä", ",".join(["a"] * 101)])
def test_ids_of_a_list_are_checked(gateway: Gateway, ids: str) -> None:
    assert_problem(gateway.get("/api/sessions", ids=ids), 400)


@pytest.mark.parametrize(
    "frame",
    ["", "{", "[]", "null", "5", '"sync"', "{}", '{"type": "dance"}', '{"type": 5}', '{"type": null}'],
)
def test_a_frame_that_nobody_knows_is_answered_by_an_error_frame(gateway: Gateway, frame: str) -> None:
    _, connection = gateway.connect(session_id="s")
    (answer,) = gateway.say(connection, frame)
    assert (answer["type"], answer["status"]) == ("error", 400)
    assert "dance" not in answer["detail"]


@pytest.mark.parametrize(
    "have",
    [[], 5, {"messages": -1}, {"messages": "many"}, {"length": -5}, {"seq": "x"}, {"length": SECRET}],
)
def test_a_sync_that_does_not_fit_says_where(gateway: Gateway, have: Any) -> None:
    _, connection = gateway.connect(session_id="s")
    (answer,) = gateway.say(connection, {"type": "sync", "have": have})
    assert (answer["type"], answer["status"]) == ("error", 400)
    assert "have" in answer["detail"]
    assert SECRET not in answer["detail"]


@pytest.mark.parametrize("session_id", [None, "", "a/b", "a" * 129])
def test_connecting_without_a_valid_session_id_is_a_bad_request(
    gateway: Gateway, session_id: str | None
) -> None:
    status, _ = gateway.connect(None, **({} if session_id is None else {"session_id": session_id}))
    assert status == 400


def test_nothing_of_a_request_is_logged(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    _, connection = gateway.connect(session_id="s")
    gateway.post("/api/chat", {"message": SECRET, "session_id": "s"})
    gateway.post("/api/chat", {"message": {"a": SECRET}})
    gateway.post("/api/system", {"message": SECRET, "session_id": "s"})
    gateway.post("/api/mcp-command", {"command": SECRET, "args": {"a": SECRET}})
    gateway.call("POST", "/api/chat", "{" + SECRET)
    gateway.say(connection, json.dumps({"type": SECRET}))
    gateway.say(connection, SECRET)
    gateway.patch("/api/sessions/s", {"title": SECRET})
    logs = capsys.readouterr().out
    assert "message accepted" in logs
    assert SECRET not in logs

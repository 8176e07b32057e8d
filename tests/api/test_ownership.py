"""Generated from the route table of `template.yaml`: each route with its owner's, another user's, no, and an
expired token.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, cast

import jwt
import pytest

from forge.api import dependencies, mcp_commands
from forge.models.request_prices import COMMANDS
from forge.models.session import Catalog
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.store import keys
from tests.api.gateway import Answer, Gateway
from tests.api.issuers import Issuer, bearer, issuer, running_issuer, signed_in
from tests.api.test_claims import leave_request
from tests.store.scenes import approval, counted, submission
from tests.template import HttpRoute, http_routes

__all__ = ["issuer", "running_issuer", "signed_in"]

SECRET = "anns-words"
KEY = SessionKey("ann", "s")
DIGEST = approval("a" * 32, "b" * 32).digest
PUBLIC = {("GET", "/health")}
BODIES: dict[str, Any] = {
    "/api/chat": {"message": "hello", "session_id": "s"},
    "/api/interrupt": {"session_id": "s"},
    "/api/system": {"message": "hello", "session_id": "s"},
    "/api/mcp-command": {
        "command": "set_network",
        "args": {"network": "base"},
        "session_id": "s",
    },
    "/api/approvals/claim": {
        "session_id": "s",
        "approval_id": "a" * 32,
        "digest": DIGEST,
        "account": "0x" + "2" * 40,
        "claim_id": "tab-one-1",
    },
    "/api/sessions/{session_id}": {"title": "new"},
    "/api/ticket": {"session_id": "s"},
    "/api/sessions/adopt": {"session_id": "s"},
}
QUERIES = {"/api/state": "?session_id=s", "/api/sessions": "?ids=s"}
ROUTES = [route for route in http_routes() if route[:2] not in PUBLIC]
IDS = [f"{route.method} {route.path}" for route in ROUTES]
STRANGERS_GET = {
    "GET /api/state": 200,
    "GET /api/sessions": 200,
    "POST /api/chat": 200,
    "POST /api/interrupt": 200,
    "POST /api/system": 200,
    "POST /api/mcp-command": 200,
    "POST /api/approvals/claim": 404,
    "POST /api/ticket": 200,
    "POST /api/sessions/adopt": 404,
    "DELETE /api/account": 200,
    "DELETE /api/sessions/{session_id}": 404,
    "PATCH /api/sessions/{session_id}": 404,
}
"""For a stranger, and after its end, the session does not exist: a read is empty, a write begins one of their own."""
NEEDS_A_LOGIN = {"POST /api/sessions/adopt", "DELETE /api/account"}
COMMAND_ARGUMENTS: dict[str, dict[str, Any]] = {
    "set_network": {"network": "base"},
    "set_wallet": {"address": "0x" + "1" * 40},
    "bind_wallet": {"approval_id": "a" * 32, "address": "0x" + "1" * 40},
    "call_tool": {"name": "nothing", "arguments": {}},
    "list_tools": {},
    "list_networks": {},
}


def call(gateway: Gateway, route: HttpRoute, token: str | None, session_id: str = "s") -> Answer:
    url = route.path.replace("{session_id}", session_id) + QUERIES.get(route.path, "").replace(
        "=s", f"={session_id}"
    )
    content = {**BODIES[route.path]} if route.method in {"POST", "PATCH"} else None
    if content and "session_id" in content:
        content["session_id"] = session_id
    body = json.dumps(content) if content is not None else None
    return gateway.call(route.method, url, body, bearer(token) if token else None)


NO_KEY: Any = None


@pytest.fixture
def anns(gateway: Gateway, signed_in: Issuer, catalog: Catalog) -> Issuer:
    """Ann has a session `s`, and has taken over the anonymous session of that id."""
    token = signed_in.token("ann")
    gateway.post("/api/chat", {"message": SECRET, "session_id": "s"}, **bearer(token))
    leave_request(KEY)
    store = dependencies.store()
    opened = store.inbox.accept(SessionKey(ANONYMOUS, "s"), submission(SECRET))
    store.inbox.withdraw(opened.key, [each.run_id for each in opened.inbox])
    store.accounts.adopt("s", "ann")
    return signed_in


def expire(dynamodb: Any, table: str) -> None:
    """All sessions. DynamoDB deletes late: the items are still there."""
    for item in dynamodb.scan(TableName=table)["Items"]:
        if item["sk"]["S"] == keys.HOT:
            dynamodb.update_item(
                TableName=table,
                Key={"pk": item["pk"], "sk": item["sk"]},
                UpdateExpression="SET expires_at = :past",
                ExpressionAttributeValues={":past": {"N": str(dependencies.now() // 1_000 - 1)}},
            )


def test_every_route_is_in_this_table() -> None:
    new, gone = set(IDS) - set(STRANGERS_GET), set(STRANGERS_GET) - set(IDS)
    assert not new, f"add to STRANGERS_GET of this file what a stranger is answered by {new}"
    assert not gone, f"template.yaml has no {gone}: remove it from STRANGERS_GET of this file"
    bodiless = {route.path for route in ROUTES if route.method in {"POST", "PATCH"}} - set(BODIES)
    assert not bodiless, f"add to BODIES of this file a valid body for {bodiless}"
    differing = set(COMMANDS) ^ set(COMMAND_ARGUMENTS)
    assert not differing, f"COMMAND_ARGUMENTS of this file and COMMANDS of the prices differ in {differing}"


@pytest.mark.slow
@pytest.mark.parametrize("route", ROUTES, ids=IDS)
def test_the_owner_may(gateway: Gateway, anns: Issuer, route: HttpRoute) -> None:
    assert call(gateway, route, anns.token("ann")).status in {200, 204}


@pytest.mark.slow
@pytest.mark.parametrize("route", ROUTES, ids=IDS)
def test_another_owner_finds_nothing_and_changes_nothing(
    gateway: Gateway, anns: Issuer, route: HttpRoute
) -> None:
    before = dependencies.store().sessions.get(KEY)
    answer = call(gateway, route, anns.token("bob"))
    assert answer.status == STRANGERS_GET[f"{route.method} {route.path}"]
    assert SECRET not in answer.text
    assert dependencies.store().sessions.get(KEY) == before


NOBODYS: dict[str, Callable[[Issuer], str | None]] = {
    "nobody": lambda _: None,
    "expired": lambda issuer: issuer.token("ann", exp=1),
    "wrong audience": lambda issuer: issuer.token("ann", aud="other"),
    "wrong issuer": lambda issuer: issuer.token("ann", iss="https://other.test"),
    "tampered": lambda issuer: issuer.token("ann") + "x",
    "alg none": lambda issuer: jwt.encode(issuer.claims("ann"), NO_KEY, "none", headers={"kid": "r"}),
    "withdrawn key": lambda issuer: issuer.token("ann", header={"kid": "gone"}),
    "ID token": lambda issuer: issuer.token("ann", nonce="n"),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", NOBODYS)
def test_nobody_gets_in_and_the_table_is_not_asked(gateway: Gateway, anns: Issuer, kind: str) -> None:
    before = dependencies.store().sessions.get(KEY)
    for route in ROUTES:
        with counted(_table_client()) as calls:
            answer = call(gateway, route, NOBODYS[kind](anns))
        assert answer.status == 401, f"{route.method} {route.path} is open to all: is it one of PUBLIC here?"
        assert answer.json["status"] == 401, route
        assert calls == [], route
        assert dependencies.store().sessions.get(KEY) == before, route


def command_of(gateway: Gateway, command: str, token: str | None, session_id: str = "s") -> Answer:
    body = {"command": command, "args": COMMAND_ARGUMENTS[command], "session_id": session_id}
    return gateway.call("POST", "/api/mcp-command", json.dumps(body), bearer(token) if token else None)


@pytest.mark.parametrize("kind", NOBODYS)
def test_nobody_commands(gateway: Gateway, anns: Issuer, kind: str) -> None:
    for command in COMMANDS:
        with counted(_table_client()) as calls:
            answer = command_of(gateway, command, NOBODYS[kind](anns))
        assert answer.status == 401, command
        assert calls == [], command


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_for_ones_own_session_and_a_foreign_one_is_like_none(
    gateway: Gateway, anns: Issuer, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No worker is here to answer, so each looks for a result once, however quick the computer is.
    monkeypatch.setattr(mcp_commands, "PATIENCE_SECONDS", 0)
    before = dependencies.store().sessions.get(KEY)
    seen: list[tuple[int, str, list[str]]] = []
    for owner, session_id in (("eve", "q"), ("bob", "s"), ("carl", "q")):
        token = anns.token(owner)
        command_of(gateway, command, token, "w")
        with counted(_table_client()) as calls:
            answer = command_of(gateway, command, token, session_id)
        assert SECRET not in answer.text
        seen.append((answer.status, answer.json["message"], calls))
    assert seen[1] == seen[2]
    assert dependencies.store().sessions.get(KEY) == before


@pytest.mark.slow
def test_nobody_finds_a_session_in_another_ones_list(gateway: Gateway, anns: Issuer) -> None:
    """Not with the place of her list either."""
    listed = gateway.call("GET", "/api/sessions?limit=1", None, bearer(anns.token("ann"))).json
    assert len(listed["sessions"]) == 1
    assert listed["next"]
    for query in ("", f"?after={listed['next']}", "?after=9999999999999.session.zzz"):
        answer = gateway.call("GET", f"/api/sessions{query}", None, bearer(anns.token("bob")))
        assert (answer.status, answer.json) == (200, {"sessions": [], "next": None})


@pytest.mark.slow
@pytest.mark.usefixtures("still_clock")
@pytest.mark.parametrize("route", ROUTES, ids=IDS)
def test_a_foreign_session_is_like_one_that_nobody_has(
    gateway: Gateway, anns: Issuer, route: HttpRoute
) -> None:
    """In status, body and calls: Bob asks for Ann's session, and Carl, who has done as much before, for none."""
    seen: list[tuple[int, str, list[str]]] = []
    for owner, session_id in (("eve", "q"), ("bob", "s"), ("carl", "q")):
        token = anns.token(owner)
        _warm(gateway, route, token)
        with counted(_table_client()) as calls:
            answer = call(gateway, route, token, session_id)
        told = answer.text.replace(f'"{session_id}"', '"…"')
        seen.append((answer.status, _without_random_ids(told), calls))
    assert seen[1] == seen[2]


def _without_random_ids(text: str) -> str:
    """Ids of runs and tickets are random, whoever asks, and each caller's token has its own end."""
    text = re.sub(r'"(run_id|ticket)":"[^"]+"', r'"\1":"…"', text)
    return re.sub(r'"opens_for":\d+', '"opens_for":…', text)


def _warm(gateway: Gateway, route: HttpRoute, token: str) -> None:
    """What is made with a first request counts for neither."""
    call(gateway, route, token, "w")


def _table_client() -> Any:
    return cast(Any, dependencies.store()).sessions.table._client


@pytest.mark.slow
@pytest.mark.parametrize("route", ROUTES, ids=IDS)
def test_an_expired_session_is_nobodys(
    gateway: Gateway, anns: Issuer, route: HttpRoute, dynamodb: Any, table: str
) -> None:
    expire(dynamodb, table)
    answer = call(gateway, route, anns.token("ann"))
    assert answer.status == STRANGERS_GET[f"{route.method} {route.path}"]
    assert SECRET not in answer.text


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
def test_without_an_issuer_the_session_id_is_the_key(
    gateway: Gateway, catalog: Catalog, route: HttpRoute
) -> None:
    gateway.post("/api/chat", {"message": SECRET, "session_id": "s"})
    leave_request(SessionKey(ANONYMOUS, "s"))
    expected = {403} if f"{route.method} {route.path}" in NEEDS_A_LOGIN else {200, 204}
    assert call(gateway, route, None).status in expected

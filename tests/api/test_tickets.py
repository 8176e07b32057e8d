"""What a ticket opens, and how long the opened connection stays open."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from forge.api import dependencies
from forge.api.authentication.tickets import caller_of_ticket
from forge.api.state_stream import Follower, get_stream
from forge.errors import NotAuthenticated
from forge.models.session import Catalog
from forge.models.session_key import SessionKey
from tests.api.conftest import ConnectionsServer, stored_items
from tests.api.gateway import Gateway
from tests.api.issuers import Issuer, bearer, issuer, running_issuer, signed_in

__all__ = ["issuer", "running_issuer", "signed_in"]

KEY = SessionKey("ann", "s")
PAGE = "http://forge.test"
FROM_PAGE = {"Host": "forge.test", "Origin": PAGE}


def ticket(gateway: Gateway, token: str, session_id: str = "s", **headers: str) -> str:
    answer = gateway.post("/api/ticket", {"session_id": session_id}, **bearer(token), **headers)
    assert answer.json["expires_in"] <= 30
    return answer.json["ticket"]


def opened(gateway: Gateway, issuer: Issuer, **claims: Any) -> str:
    given = ticket(gateway, issuer.token("ann", **claims), origin=PAGE)
    status, connection = gateway.connect(FROM_PAGE, session_id="s", ticket=given)
    assert status == 200
    return connection


def outlive(connection_id: str) -> None:
    """The connection's token has ended."""
    store = dependencies.store()
    connection = store.controls.connection(connection_id)
    assert connection
    store.controls.extend(connection, dependencies.now() - 1)


@pytest.mark.slow
def test_a_ticket_opens_one_connection(gateway: Gateway, signed_in: Issuer) -> None:
    given = ticket(gateway, signed_in.token("ann"))
    assert [gateway.connect(session_id="s", ticket=given)[0] for _ in range(2)] == [200, 401]


def test_a_ticket_says_how_long_what_it_opens_stays_open(gateway: Gateway, signed_in: Issuer) -> None:
    answer = gateway.post("/api/ticket", {"session_id": "s"}, **bearer(signed_in.token("ann")))
    assert 290 <= answer.json["opens_for"] <= 300


def test_only_who_has_a_token_gets_a_ticket(gateway: Gateway, signed_in: Issuer) -> None:
    assert gateway.post("/api/ticket", {"session_id": "s"}).status == 401
    assert gateway.connect(session_id="s")[0] == 401
    assert gateway.connect(session_id="s", ticket="guess")[0] == 401


WRONG_USES: list[tuple[dict[str, str], str, dict[str, str], str]] = [
    ({"origin": PAGE}, "s", FROM_PAGE, "other"),
    ({"origin": PAGE}, "s", {"Host": "forge.test"}, "s"),
    ({}, "s", FROM_PAGE, "s"),
    ({"origin": PAGE}, "other", FROM_PAGE, "s"),
]


@pytest.mark.parametrize(("asked_from", "asked_for", "used_from", "used_for"), WRONG_USES)
def test_a_ticket_for_something_else_opens_nothing_and_is_used_up(
    gateway: Gateway,
    signed_in: Issuer,
    asked_from: dict[str, str],
    asked_for: str,
    used_from: dict[str, str],
    used_for: str,
) -> None:
    given = ticket(gateway, signed_in.token("ann"), asked_for, **asked_from)
    assert gateway.connect(used_from, session_id=used_for, ticket=given)[0] == 401
    right = {"Host": "forge.test", **({"Origin": PAGE} if asked_from else {})}
    assert gateway.connect(right, session_id=asked_for, ticket=given)[0] == 401


@pytest.mark.parametrize("form", ["", "x", "x" * 42, "x" * 44, "ü" * 43, "x" * 42 + "=", "../" + "x" * 40])
def test_what_cannot_be_a_ticket_is_not_looked_up(signed_in: Issuer, form: str) -> None:
    dependencies.store.forget()
    with pytest.raises(NotAuthenticated):
        caller_of_ticket(form, "s", "")
    assert not dependencies.store.is_made


def test_a_ticket_does_not_outlive_the_token_that_got_it(gateway: Gateway, signed_in: Issuer) -> None:
    """Within the leeway a token is accepted that ended just now."""
    late = dependencies.now() // 1_000 - 5
    given = ticket(gateway, signed_in.token("ann", exp=late))
    assert gateway.connect(session_id="s", ticket=given)[0] == 401


def test_without_a_login_no_ticket_is_stored(gateway: Gateway, dynamodb: Any, table: str) -> None:
    before = stored_items(dynamodb, table)
    answer = gateway.post("/api/ticket", {"session_id": "s"})
    assert (answer.status, answer.json["opens_for"]) == (200, None)
    assert stored_items(dynamodb, table) == before


@pytest.mark.parametrize("frame", [{"type": "sync"}, {"type": "ping"}])
def test_a_connection_ends_with_its_token(
    gateway: Gateway, signed_in: Issuer, connections_server: ConnectionsServer, frame: dict[str, Any]
) -> None:
    connection = opened(gateway, signed_in)
    outlive(connection)
    answers = gateway.say(connection, frame)
    assert [(each["type"], each["status"]) for each in answers] == [("error", 401)]
    assert connection in connections_server.closed
    assert dependencies.store().controls.connection(connection) is None


def test_nothing_is_pushed_to_a_connection_that_outlived_its_token(
    gateway: Gateway, signed_in: Issuer, connections_server: ConnectionsServer, catalog: Catalog
) -> None:
    over, alive = opened(gateway, signed_in), opened(gateway, signed_in)
    outlive(over)
    control = dependencies.store().controls.read([KEY])[KEY]
    assert (control.connections, control.over) == ({alive}, {over})
    token = bearer(signed_in.token("ann"))
    gateway.post("/api/chat", {"message": "hello", "session_id": "s"}, **token)
    assert gateway.call("PATCH", "/api/sessions/s", '{"title": "new"}', token).status == 200
    assert [frame["type"] for frame in connections_server.frames[over]] == ["error"]
    assert connections_server.frames[alive][0]["type"] == "state"
    assert over in connections_server.closed
    assert dependencies.store().controls.read([KEY])[KEY].over == frozenset()


@pytest.mark.parametrize("is_late", [False, True])
def test_a_connection_stays_open_with_a_newer_token(
    gateway: Gateway, signed_in: Issuer, is_late: bool
) -> None:
    connection = opened(gateway, signed_in)
    if is_late:
        outlive(connection)
    newer = ticket(gateway, signed_in.token("ann", exp=4_000_000_000), origin=PAGE)
    (answer,) = gateway.say(connection, {"type": "auth", "ticket": newer})
    assert answer["type"] == "pong"
    kept = dependencies.store().controls.connection(connection)
    assert kept
    assert kept.until == 4_000_000_000_000
    assert dependencies.store().controls.read([KEY])[KEY].connections == {connection}


@pytest.mark.parametrize(
    ("owner", "session_id", "origin"),
    [("bob", "s", PAGE), ("ann", "other", PAGE), ("ann", "s", "http://other.test"), ("ann", "s", "")],
)
def test_a_connection_is_not_kept_open_by_another_ticket(
    gateway: Gateway, signed_in: Issuer, owner: str, session_id: str, origin: str
) -> None:
    connection = opened(gateway, signed_in)
    until = dependencies.store().controls.connection(connection)
    headers = {"origin": origin} if origin == PAGE else {}
    given = ticket(gateway, signed_in.token(owner, exp=4_000_000_000), session_id, **headers)
    (answer,) = gateway.say(connection, {"type": "auth", "ticket": given})
    assert (answer["type"], answer["status"]) == ("error", 401)
    assert dependencies.store().controls.connection(connection) == until


def test_a_frame_with_no_ticket_is_refused_in_words(gateway: Gateway, signed_in: Issuer) -> None:
    connection = opened(gateway, signed_in)
    for frame in ({"type": "auth"}, {"type": "auth", "ticket": "x" * 200}, {"type": "auth", "ticket": 1}):
        (answer,) = gateway.say(connection, frame)
        assert (answer["type"], answer["status"]) == ("error", 400)


def test_an_anonymous_connection_does_not_end_and_needs_no_ticket(gateway: Gateway) -> None:
    _, connection = gateway.connect(session_id="s")
    (answer,) = gateway.say(connection, {"type": "auth", "ticket": "any"})
    kept = dependencies.store().controls.connection(connection)
    assert answer["type"] == "pong"
    assert kept
    assert kept.until is None


@pytest.mark.parametrize("seconds", [-1, 0])
def test_a_stream_ends_with_its_token(gateway: Gateway, signed_in: Issuer, seconds: int) -> None:
    async def here() -> bool:
        return False

    async def all_of() -> list[bytes]:
        until = dependencies.now() + seconds * 1_000
        return [event async for event in get_stream(Follower(KEY, None), here, until)]

    assert asyncio.run(all_of()) == [b"retry: 1000\n\n"]

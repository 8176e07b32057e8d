"""Generated from the socket's routes of `template.yaml`: with which tickets, and for whom, each of them works."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, Literal

import pytest

from forge.api import dependencies
from forge.api.authentication.caller import caller_of
from forge.api.authentication.tickets import caller_of_ticket
from forge.api.state_stream import Follower
from forge.errors import NotAuthenticated
from forge.models.caller import Grant
from forge.models.session import Catalog
from forge.models.session_key import SessionKey
from tests.api.gateway import Gateway
from tests.api.issuers import Issuer, bearer, issuer, running_issuer, signed_in
from tests.api.test_open_streams import stream
from tests.api.test_ownership import KEY, NOBODYS, SECRET, anns, expire
from tests.store.scenes import counted
from tests.template import socket_routes

__all__ = ["anns", "issuer", "running_issuer", "signed_in"]

Opens = Literal["by a ticket", "by its connection", "nothing"]
RULES: dict[str, Opens] = {
    "$connect": "by a ticket",
    "auth": "by a ticket",
    "sync": "by its connection",
    "ping": "by its connection",
    "$default": "nothing",
    "$disconnect": "nothing",
}
"""What lets a frame see something of a session. A new route needs a rule."""
BY_CONNECTION = [route for route, opens in RULES.items() if opens == "by its connection"]
PAGE = "http://forge.test"


def ticket(gateway: Gateway, issuer: Issuer, owner: str, session_id: str = "s", **headers: str) -> str:
    answer = gateway.post("/api/ticket", {"session_id": session_id}, **bearer(issuer.token(owner)), **headers)
    return answer.json["ticket"]


def used(gateway: Gateway, issuer: Issuer) -> str:
    given = ticket(gateway, issuer, "ann")
    assert gateway.connect(session_id="s", ticket=given)[0] == 200
    return given


def issued(until: int, token_until: int | None = None) -> str:
    """A ticket that ends then, and the token by which it was got."""
    given = "t" * 43
    dependencies.store().tickets.issue(given, Grant(KEY, "", token_until), until)
    return given


def now() -> int:
    return dependencies.now()


WRONG_TICKETS: dict[str, Callable[[Gateway, Issuer], str]] = {
    "none": lambda gateway, issuer: "",
    "guessed": lambda gateway, issuer: "g" * 43,
    "an access token": lambda gateway, issuer: issuer.token("ann"),
    "replayed": used,
    "of another session": lambda gateway, issuer: ticket(gateway, issuer, "ann", "other"),
    "of a page elsewhere": lambda gateway, issuer: ticket(gateway, issuer, "ann", origin=PAGE),
    "another owner's, of another session": lambda gateway, issuer: ticket(gateway, issuer, "bob", "other"),
    "too old": lambda gateway, issuer: issued(now() - 1),
    "of a token that has ended": lambda gateway, issuer: issued(now() + 30_000, now() - 1),
}


def test_every_route_of_the_socket_has_a_rule() -> None:
    assert set(socket_routes()) == set(RULES)


@pytest.mark.slow
@pytest.mark.parametrize("kind", WRONG_TICKETS)
def test_a_wrong_ticket_opens_no_connection_and_no_stream(gateway: Gateway, anns: Issuer, kind: str) -> None:
    """A stream is asked by the same words, of which the origin need not be one."""
    status, connection = gateway.connect(session_id="s", ticket=WRONG_TICKETS[kind](gateway, anns))
    assert (status, connection in gateway.frames) == (401, False)
    if kind != "of a page elsewhere":
        with pytest.raises(NotAuthenticated):
            caller_of_ticket(WRONG_TICKETS[kind](gateway, anns), "s", None)


@pytest.mark.slow
@pytest.mark.parametrize("kind", WRONG_TICKETS)
def test_a_wrong_ticket_keeps_no_connection_open(gateway: Gateway, anns: Issuer, kind: str) -> None:
    _, connection = gateway.connect(session_id="s", ticket=ticket(gateway, anns, "ann"))
    before = dependencies.store().controls.connection(connection)
    (answer,) = gateway.say(connection, {"type": "auth", "ticket": WRONG_TICKETS[kind](gateway, anns)})
    assert answer["type"] == "error"
    assert answer["status"] in {400, 401}  # 400: it is too long to be a ticket
    assert dependencies.store().controls.connection(connection) == before


@pytest.mark.slow
def test_a_foreign_ticket_opens_what_is_its_owners_only(gateway: Gateway, anns: Issuer) -> None:
    _, connection = gateway.connect(session_id="s", ticket=ticket(gateway, anns, "ann"))
    (answer,) = gateway.say(connection, {"type": "auth", "ticket": ticket(gateway, anns, "bob")})
    assert (answer["type"], answer["status"]) == ("error", 401)


@pytest.mark.slow
@pytest.mark.parametrize("action", BY_CONNECTION)
def test_a_socket_sees_the_session_of_its_owner_only(gateway: Gateway, anns: Issuer, action: str) -> None:
    answers: dict[str, list[Any]] = {}
    for owner in ("ann", "bob"):
        status, connection = gateway.connect(session_id="s", ticket=ticket(gateway, anns, owner))
        assert status == 200
        answers[owner] = gateway.say(connection, {"type": action})
    assert answers["ann"][0]["rev"]
    assert not answers["bob"][0]["rev"]
    assert SECRET not in json.dumps(answers["bob"])


@pytest.mark.slow
@pytest.mark.parametrize("action", BY_CONNECTION)
def test_a_socket_of_a_foreign_session_costs_what_one_of_none_costs(
    gateway: Gateway, anns: Issuer, catalog: Catalog, action: str
) -> None:
    client: Any = dependencies.store()
    seen: list[tuple[Any, list[str]]] = []
    for owner, session_id in (("eve", "q"), ("bob", "s"), ("carl", "q")):
        given = ticket(gateway, anns, owner, session_id)
        _, connection = gateway.connect(session_id=session_id, ticket=given)
        with counted(client.sessions.table._client) as calls:
            (answer,) = gateway.say(connection, {"type": action})
        seen.append(({**answer, "session_id": None}, calls))
    assert seen[1] == seen[2]


@pytest.mark.slow
@pytest.mark.parametrize("action", BY_CONNECTION)
def test_a_socket_of_an_expired_session_sees_nothing(
    gateway: Gateway, anns: Issuer, action: str, dynamodb: Any, table: str
) -> None:
    _, connection = gateway.connect(session_id="s", ticket=ticket(gateway, anns, "ann"))
    expire(dynamodb, table)
    (answer,) = gateway.say(connection, {"type": action})
    assert not answer["rev"]
    assert SECRET not in json.dumps(answer)


@pytest.mark.parametrize("action", [route for route in RULES if not route.startswith("$")])
def test_a_connection_that_nobody_opened_hears_nothing_of_a_session(
    gateway: Gateway, anns: Issuer, action: str
) -> None:
    gateway.frames["unknown="] = []
    more = {"auth": {"ticket": ticket(gateway, anns, "ann")}, "sync": {"session_id": "s"}}
    answers = gateway.say("unknown=", {"type": action, **more.get(action, {})})
    assert [(each["type"], each["status"]) for each in answers] == [("error", 404)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", NOBODYS)
def test_nobody_opens_a_stream_and_the_table_is_not_asked(anns: Issuer, kind: str) -> None:
    token = NOBODYS[kind](anns)
    client: Any = dependencies.store()
    with counted(client.sessions.table._client) as calls:
        assert opened(bearer(token) if token else None) == 401
    assert calls == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", [kind for kind in WRONG_TICKETS if kind != "of a page elsewhere"])
def test_a_wrong_ticket_opens_no_stream(gateway: Gateway, anns: Issuer, kind: str) -> None:
    """A page's EventSource need not name its origin."""
    assert opened(ticket=WRONG_TICKETS[kind](gateway, anns)) == 401


@pytest.mark.slow
def test_a_ticket_opens_one_stream(gateway: Gateway, anns: Issuer) -> None:
    given = ticket(gateway, anns, "ann")
    assert [opened(ticket=given), opened(ticket=given)] == [200, 401]


def opened(headers: dict[str, str] | None = None, **query: str) -> int:
    """The status of an event stream of the session `s`."""

    async def status() -> int:
        async with stream("s", headers, **query) as status:
            return status

    return asyncio.run(status())


@pytest.mark.slow
def test_a_stream_is_its_owners(gateway: Gateway, anns: Issuer) -> None:
    seen = {
        owner: Follower(SessionKey(caller_of(bearer(anns.token(owner))).owner, "s"), None).next_event()
        for owner in ("ann", "bob")
    }
    assert SECRET.encode() in (seen["ann"] or b"")
    assert SECRET.encode() not in (seen["bob"] or b"")
    assert caller_of_ticket(ticket(gateway, anns, "ann"), "s", None).owner == "ann"

"""Taking over a session and deleting an account by HTTP."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from forge.api import dependencies
from forge.api.accounts import delete_account as delete_everything
from forge.models.kept_after_deletion import KEPT
from forge.models.session import Catalog, Connection
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.store import Store
from tests.api.conftest import ConnectionsServer, Environment
from tests.api.gateway import Answer, Gateway
from tests.api.issuers import Issuer, bearer, issuer, running_issuer, signed_in
from tests.store.scenes import completed, next_of, spoken, told

__all__ = ["issuer", "running_issuer", "signed_in"]

LEFT = SessionKey(ANONYMOUS, "s")


@pytest.fixture
def anonymous(signed_in: Issuer, catalog: Catalog) -> Store:
    """A conversation from before the login was switched on."""
    store = dependencies.store()
    store.runs.finish(store.runs.claim(next_of(told(store, key=LEFT)), "a"), completed(spoken()))
    return store


def adopt(gateway: Gateway, issuer: Issuer, owner: str, session_id: str = "s") -> Answer:
    return gateway.post("/api/sessions/adopt", {"session_id": session_id}, **bearer(issuer.token(owner)))


def delete_account(gateway: Gateway, issuer: Issuer, owner: str, key: str | None = None) -> Answer:
    headers = bearer(issuer.token(owner)) | ({"idempotency-key": key} if key else {})
    return gateway.call("DELETE", "/api/account", None, headers)


@pytest.mark.slow
def test_a_person_takes_over_their_session_and_goes_on(
    gateway: Gateway, signed_in: Issuer, anonymous: Store, connections_server: ConnectionsServer
) -> None:
    gateway.frames["c="] = []
    anonymous.controls.connect(Connection(connection_id="c=", key=LEFT, connected_at=dependencies.now()))
    answer = adopt(gateway, signed_in, "ann")
    assert answer.status == 200
    assert [message["content"] for message in answer.json["messages"]] == ["hello", "answer"]
    session_id = answer.json["session_id"]
    assert answer.headers["x-session-id"] == session_id != "s"
    assert gateway.frames["c="][0] == {
        "type": "session_expired",
        "session_id": "s",
        "generation": answer.json["generation"],
    }
    assert connections_server.closed == ["c="]
    token = bearer(signed_in.token("ann"))
    listed = gateway.call("GET", "/api/sessions", None, token).json["sessions"]
    assert [each["session_id"] for each in listed] == [session_id]
    more = gateway.post("/api/chat", {"message": "more", "session_id": session_id}, **token)
    assert more.json["message_count"] == 2
    assert adopt(gateway, signed_in, "ann").json["session_id"] == session_id


REFUSED: dict[str, tuple[str, str, int]] = {
    "another one's": ("bob", "s", 404),
    "unknown": ("ann", "nobodys", 404),
    "not an id": ("ann", "a/b", 422),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_session_that_is_not_ones_own_is_refused(
    gateway: Gateway, signed_in: Issuer, anonymous: Store, kind: str
) -> None:
    adopt(gateway, signed_in, "ann")
    owner, session_id, status = REFUSED[kind]
    answer = adopt(gateway, signed_in, owner, session_id)
    assert (answer.status, answer.json["status"]) == (status, status)


def test_a_session_at_work_is_refused_for_now(gateway: Gateway, signed_in: Issuer, anonymous: Store) -> None:
    told(anonymous, "more", LEFT)
    answer = adopt(gateway, signed_in, "ann")
    assert answer.status == 409
    assert "when the run has ended" in answer.json["detail"]


@pytest.mark.parametrize("act", [adopt, delete_account])
def test_without_a_login_nothing_belongs_to_anybody(
    gateway: Gateway, environment: Environment, issuer: Issuer, act: Callable[..., Answer]
) -> None:
    told(dependencies.store(), key=LEFT)
    answer = act(gateway, issuer, "ann")
    assert (answer.status, answer.json["title"]) == (403, "Forbidden")
    assert dependencies.store().sessions.get(LEFT)


def begin(gateway: Gateway, issuer: Issuer, owner: str, *ids: str) -> None:
    for session_id in ids:
        body = {"message": "hello", "session_id": session_id}
        gateway.post("/api/chat", body, **bearer(issuer.token(owner)))


@pytest.mark.slow
def test_everything_of_an_account_is_deleted_with_a_receipt(
    gateway: Gateway, signed_in: Issuer, catalog: Catalog, connections_server: ConnectionsServer
) -> None:
    begin(gateway, signed_in, "ann", "one", "two")
    begin(gateway, signed_in, "bob", "one")
    gateway.frames["c="] = []
    joined = Connection(connection_id="c=", key=SessionKey("ann", "one"), connected_at=dependencies.now())
    dependencies.store().controls.connect(joined)
    receipt = delete_account(gateway, signed_in, "ann", "act").json
    assert receipt["is_complete"]
    assert receipt["deleted"] == {
        "sessions": 2,
        "messages": 2,
        "memory_entries": 0,
        "wallet_requests": 0,
        "runs": 2,
    }
    assert receipt["kept"] == [each.model_dump() for each in KEPT]
    assert receipt["finished_at"] >= receipt["started_at"]
    assert [frame["type"] for frame in gateway.frames["c="]] == ["session_expired"]
    assert connections_server.closed == ["c="]
    assert delete_account(gateway, signed_in, "ann", "act").json == receipt
    assert delete_account(gateway, signed_in, "ann").json["deleted"]["sessions"] == 0
    listed = {
        owner: gateway.call("GET", "/api/sessions", None, bearer(signed_in.token(owner))).json["sessions"]
        for owner in ("ann", "bob")
    }
    assert {owner: len(found) for owner, found in listed.items()} == {"ann": 0, "bob": 1}


@pytest.mark.slow
def test_what_there_was_no_time_for_is_deleted_by_the_next_call(
    gateway: Gateway, signed_in: Issuer, catalog: Catalog
) -> None:
    """Nothing is deleted in no time; the same key goes on with the same receipt."""
    begin(gateway, signed_in, "ann", "one", "two")
    first = delete_everything("ann", "act", seconds=0)
    assert (first.is_complete, first.finished_at, first.deleted.sessions) == (False, None, 0)
    last = delete_account(gateway, signed_in, "ann", "act").json
    assert (last["is_complete"], last["deleted"]["sessions"]) == (True, 2)
    assert last["started_at"] == first.started_at

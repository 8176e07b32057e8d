"""Listing, renaming and deleting one's own sessions."""

from __future__ import annotations

import pytest

from forge.models.http import Receipt
from forge.models.session import Catalog
from forge.models.session_key import SessionKey
from forge.store import Store
from tests.api.conftest import ConnectionsServer
from tests.api.gateway import Gateway

KEY = SessionKey("anonymous", "s")


def test_a_list_holds_the_named_sessions_that_exist_in_their_order(gateway: Gateway) -> None:
    for session_id in ("a", "b", "c"):
        gateway.post("/api/chat", {"message": f"in {session_id}", "session_id": session_id})
    sessions = gateway.get("/api/sessions", ids="c,nobody,a").json["sessions"]
    assert [(session["session_id"], session["title"]) for session in sessions] == [
        ("c", "in c"),
        ("a", "in a"),
    ]


def test_a_list_of_nothing_is_empty(gateway: Gateway) -> None:
    assert gateway.get("/api/sessions").json == {"sessions": [], "next": None}
    assert gateway.get("/api/sessions", ids="").json == {"sessions": [], "next": None}


def test_a_new_title_is_kept_and_told_to_open_connections(
    gateway: Gateway, connections_server: ConnectionsServer
) -> None:
    gateway.post("/api/chat", {"message": "a", "session_id": "s"})
    _, connection = gateway.connect(session_id="s")
    answer = gateway.patch("/api/sessions/s", {"title": "  Bridges  "})
    assert (answer.status, answer.json["title"]) == (200, "Bridges")
    assert connections_server.frames[connection][-1]["title"] == "Bridges"


def test_a_deleted_session_is_gone_and_its_connections_are_closed(
    gateway: Gateway, connections_server: ConnectionsServer, real_store: Store
) -> None:
    gateway.post("/api/chat", {"message": "a", "session_id": "s"})
    session = real_store.sessions.get(KEY)
    _, connection = gateway.connect(session_id="s")
    assert gateway.delete("/api/sessions/s").status == 200
    assert gateway.get("/api/state", session_id="s").json["messages"] == []
    assert session
    assert connections_server.frames[connection] == [
        {"type": "session_expired", "session_id": "s", "generation": session.generation}
    ]
    assert connections_server.closed == [connection]
    control = real_store.controls.read([KEY])[KEY]
    assert (control.deleted, control.connections) == (session.generation, frozenset())


def test_the_receipt_of_a_deletion_counts_what_was_there_and_says_what_stays(gateway: Gateway) -> None:
    for text in ("a", "b"):
        gateway.post("/api/chat", {"message": text, "session_id": "s"})
    gateway.post("/api/chat", {"message": "c", "session_id": "another"})
    receipt = Receipt.model_validate(gateway.delete("/api/sessions/s").json)
    assert receipt.is_complete
    assert receipt.deleted.model_dump() == {
        "sessions": 1,
        "messages": 2,
        "memory_entries": 0,
        "wallet_requests": 0,
        "runs": 2,
    }
    kinds = {each.kind for each in receipt.kept}
    assert {"backups", "logs", "transactions", "llm_provider"} <= kinds
    assert "login" not in kinds


def test_whoever_has_not_heard_that_a_session_is_deleted_is_told_the_same_again(
    gateway: Gateway, connections_server: ConnectionsServer
) -> None:
    gateway.post("/api/chat", {"message": "a", "session_id": "s"})
    gateway.connect(session_id="s")
    first, again = (gateway.delete("/api/sessions/s") for _ in range(2))
    assert (first.status, again.status) == (200, 200)
    assert again.json == first.json
    assert first.json["deleted"]["sessions"] == 1
    assert len(connections_server.closed) == 1


def test_what_was_never_there_cannot_be_deleted_and_has_no_receipt(gateway: Gateway) -> None:
    assert [gateway.delete("/api/sessions/s").status for _ in range(2)] == [404, 404]


@pytest.mark.slow
def test_a_session_that_began_anew_is_deleted_once_more(gateway: Gateway) -> None:
    gateway.post("/api/chat", {"message": "a", "session_id": "s"})
    gateway.delete("/api/sessions/s")
    for text in ("b", "c"):
        gateway.post("/api/chat", {"message": text, "session_id": "s"})
    deleted = [gateway.delete("/api/sessions/s").json["deleted"]["messages"] for _ in range(2)]
    assert deleted == [2, 2]
    assert gateway.get("/api/state", session_id="s").json["messages"] == []


def test_a_repeated_key_deletes_nothing_that_was_begun_in_the_meantime(gateway: Gateway) -> None:
    gateway.post("/api/chat", {"message": "a", "session_id": "s"})
    first = gateway.delete("/api/sessions/s", idempotency_key="once")
    gateway.post("/api/chat", {"message": "b", "session_id": "s"})
    again = gateway.delete("/api/sessions/s", idempotency_key="once")
    assert (again.status, again.json) == (200, first.json)
    assert len(gateway.get("/api/state", session_id="s").json["messages"]) == 1
    assert gateway.delete("/api/sessions/s", idempotency_key="another").json["deleted"]["messages"] == 1


def test_a_message_after_deletion_starts_a_new_generation(gateway: Gateway) -> None:
    first = gateway.post("/api/chat", {"message": "old", "session_id": "s"}).json
    gateway.delete("/api/sessions/s")
    second = gateway.post("/api/chat", {"message": "new", "session_id": "s"}).json
    assert [message["content"] for message in second["messages"]] == ["new"]
    assert second["generation"] > first["generation"]
    assert second["rev"] > first["rev"]


def test_connections_that_cannot_be_closed_do_not_keep_a_session(
    gateway: Gateway, connections_server: ConnectionsServer
) -> None:
    gateway.post("/api/chat", {"message": "a", "session_id": "s"})
    _, connection = gateway.connect(session_id="s")
    connections_server.throttled.add(connection)
    assert gateway.delete("/api/sessions/s").status == 200


def test_the_network_is_a_sessions_own(
    gateway: Gateway, catalog: Catalog, connections_server: ConnectionsServer
) -> None:
    gateway.post("/api/chat", {"message": "a", "session_id": "s"})
    gateway.post("/api/chat", {"message": "a", "session_id": "other"})
    _, connection = gateway.connect(session_id="s")
    command = {"command": "set_network", "args": {"network": "base"}, "session_id": "s"}
    answer = gateway.post("/api/mcp-command", command)
    assert answer.json["success"] is True
    assert gateway.get("/api/state", session_id="s").json["network"] == "base"
    assert gateway.get("/api/state", session_id="other").json["network"] == "testnet"
    assert connections_server.frames[connection][-1]["network"] == "base"

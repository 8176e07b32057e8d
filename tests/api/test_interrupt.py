"""`POST /api/interrupt`: its effects, and that it reports a run as stopped only when it has stopped."""

from __future__ import annotations

from typing import Any

import pytest

from forge.errors import StorageUnavailable
from forge.models.run import RunMessage
from forge.models.session_key import SessionKey
from forge.models.work import Lease
from forge.store import Store, open_store
from forge.store.controls import TableControls
from forge.store.sessions import TableSessions
from tests.api.conftest import ConnectionsServer
from tests.api.gateway import Gateway

KEY = SessionKey("anonymous", "s")


def claimed(store: Store, run_id: str) -> Lease:
    session = store.sessions.get(KEY)
    assert session
    message = RunMessage(
        owner=KEY.owner, session_id=KEY.session_id, generation=session.generation, run_id=run_id
    )
    return store.runs.claim(message, "test")


def chat(gateway: Gateway, text: str) -> str:
    return gateway.post("/api/chat", {"message": text, "session_id": "s"}).headers["x-run-id"]


def test_an_active_run_is_asked_to_stop_and_goes_on_until_it_has(gateway: Gateway, real_store: Store) -> None:
    run_id = chat(gateway, "work")
    claimed(real_store, run_id)
    state = gateway.post("/api/interrupt", {"session_id": "s"}).json
    assert state["active_run"]["run_id"] == run_id
    assert real_store.controls.read([KEY])[KEY].interrupt == run_id


def test_queued_runs_go_on_when_the_active_one_is_stopped(gateway: Gateway, real_store: Store) -> None:
    claimed(real_store, chat(gateway, "first"))
    chat(gateway, "second")
    state = gateway.post("/api/interrupt", {"session_id": "s"}).json
    assert [queued["content"] for queued in state["queued"]] == ["second"]


def test_queued_runs_are_withdrawn_at_once_with_a_notice(gateway: Gateway) -> None:
    chat(gateway, "first")
    chat(gateway, "second")
    state = gateway.post("/api/interrupt", {"session_id": "s"}).json
    assert (state["queued"], state["is_processing"]) == ([], False)
    contents = [(message["sender"], message["content"]) for message in state["messages"]]
    assert contents == [("user", "first"), ("user", "second"), ("system", "Interrupted by user")]


@pytest.mark.slow
def test_one_queued_run_can_be_withdrawn_by_its_id(gateway: Gateway, real_store: Store) -> None:
    claimed(real_store, chat(gateway, "first"))
    second = chat(gateway, "second")
    chat(gateway, "third")
    state = gateway.post("/api/interrupt", {"session_id": "s", "run_id": second}).json
    assert [queued["content"] for queued in state["queued"]] == ["third"]
    assert KEY not in real_store.controls.read([KEY])


def test_interrupting_twice_or_too_late_changes_nothing(gateway: Gateway) -> None:
    run_id = chat(gateway, "first")
    first = gateway.post("/api/interrupt", {"session_id": "s", "run_id": run_id}).json
    second = gateway.post("/api/interrupt", {"session_id": "s", "run_id": run_id}).json
    assert first["messages"] == second["messages"]
    assert first["rev"] == second["rev"]


def test_a_run_whose_worker_is_dead_is_finished_by_the_interrupt(
    gateway: Gateway, real_store: Store, dynamodb: Any, settings: Any
) -> None:
    run_id = chat(gateway, "work")
    lease = claimed(real_store, run_id)
    real_store.runs.release(real_store.runs.flush(lease, "half an ans"))
    state = gateway.post("/api/interrupt", {"session_id": "s"}).json
    assert (state["active_run"], state["is_processing"]) == (None, False)
    contents = [message["content"] for message in state["messages"]]
    assert contents == ["work", "half an ans", "Interrupted by user"]
    assert open_store(settings, client=dynamodb).sessions.get(KEY)


def test_open_connections_are_told_of_a_withdrawal(
    gateway: Gateway, connections_server: ConnectionsServer
) -> None:
    _, connection = gateway.connect(session_id="s")
    chat(gateway, "first")
    gateway.post("/api/interrupt", {"session_id": "s"})
    (frame,) = connections_server.frames[connection]
    assert (frame["type"], frame["queued"]) == ("state", [])
    assert [message["content"] for message in frame["messages"]] == ["first", "Interrupted by user"]


@pytest.mark.slow
def test_a_message_that_interrupts_replaces_all_that_waits_before_it(gateway: Gateway) -> None:
    runs = [
        gateway.post(
            "/api/chat", {"message": f"{number}", "session_id": "s", "if_busy": "interrupt"}
        ).headers["x-run-id"]
        for number in range(10)
    ]
    state = gateway.get("/api/state", session_id="s").json
    assert [each["run_id"] for each in state["queued"]] == runs[-1:]
    assert {state["outcomes"][run_id] for run_id in runs[:-1]} == {"interrupted"}
    said = [each["content"] for each in state["messages"] if each["sender"] == "user"]
    assert said == [f"{number}" for number in range(10)]


@pytest.mark.slow
def test_a_repeated_message_stops_what_the_first_request_could_not_stop(
    gateway: Gateway, real_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = chat(gateway, "first")
    claimed(real_store, first)
    second = chat(gateway, "second")
    body = {"message": "in their place", "session_id": "s", "if_busy": "interrupt"}
    with monkeypatch.context() as patch:
        patch.setattr(TableControls, "request_interrupt", out_of_reach)
        assert gateway.post("/api/chat", body, idempotency_key="k").status == 200
    state = gateway.post("/api/chat", body, idempotency_key="k").json
    assert [queued["content"] for queued in state["queued"]] == ["in their place"]
    assert state["outcomes"] == {second: "interrupted"}
    assert real_store.controls.read([KEY])[KEY].interrupt == first


@pytest.mark.parametrize("read", ["messages", "streaming_text"])
def test_a_stop_that_cannot_be_shown_is_not_requested_again(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, read: str
) -> None:
    """Without a run's id, it would stop what the person says next."""
    gateway.connect(session_id="s")
    first = chat(gateway, "first")
    with monkeypatch.context() as patch:
        patch.setattr(TableSessions, read, out_of_reach)
        answer = gateway.post("/api/interrupt", {"session_id": "s"})
    assert (answer.status, answer.json["outcomes"]) == (200, {first: "interrupted"})


def out_of_reach(*_: object) -> None:
    raise StorageUnavailable("The table is out of reach.", retry_after=1)

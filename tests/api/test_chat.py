"""Accepting messages: `POST /api/chat`, `GET /api/state`."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import pytest

from forge.models.message import Draft
from forge.models.run import Ending, RunMessage
from forge.models.session import Catalog
from forge.models.session_key import SessionKey
from forge.store import Store
from tests.api.conftest import Environment, stored_items
from tests.api.gateway import Gateway

STATE_FIELDS = {
    "messages",
    "is_processing",
    "is_loading",
    "is_connecting_mcp",
    "missing_api_key",
    "pending_wallet_tx",
    "session_id",
    "rev",
    "network",
    "active_run",
    "queued",
    "approvals",
}


def queued_bodies(sqs: Any, queue_url: str) -> list[Any]:
    answer = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def answered(store: Store, session_id: str, run_id: str, *texts: str) -> None:
    """Play the worker: claim the run and finish it with an answer."""
    key = SessionKey("anonymous", session_id)
    session = store.sessions.get(key)
    assert session
    message = RunMessage(owner=key.owner, session_id=session_id, generation=session.generation, run_id=run_id)
    lease = store.runs.claim(message, "test")
    drafts = [Draft(sender="agent", content=text, created_at=1, run_id=run_id) for text in texts]
    store.runs.finish(lease, Ending(outcome="completed", drafts=drafts))


def test_a_message_without_session_id_gets_a_session_whose_id_is_returned(gateway: Gateway) -> None:
    answer = gateway.post("/api/chat", {"message": "hello"})
    assert answer.status == 200
    assert uuid.UUID(answer.json["session_id"]).version == 4
    assert answer.headers["x-session-id"] == answer.json["session_id"]


def test_the_answer_is_the_state_of_old_with_our_additions(gateway: Gateway) -> None:
    state = gateway.post("/api/chat", {"message": "hello", "session_id": "s"}).json
    assert set(state) >= STATE_FIELDS
    (message,) = state["messages"]
    assert (message["sender"], message["content"], message["is_streaming"]) == ("user", "hello", False)
    assert re.fullmatch(r"\d\d:\d\d:\d\d [+-]\d\d:\d\d", message["timestamp"])
    assert state["is_processing"] is True


def test_what_cannot_be_stored_of_a_text_is_replaced_and_the_rest_is_kept(gateway: Gateway) -> None:
    for path in ("/api/chat", "/api/system"):
        sent = gateway.post(path, {"message": "red \x1b[31m, \x00, whole \U0001f600, two\r\nlines\t."})
        told = [message["content"] for message in sent.json["messages"] + sent.json["queued"]]
        assert "red �[31m, �, whole \U0001f600, two\r\nlines\t." in told


def test_an_accepted_message_is_sent_to_the_queue_by_its_ids_only(
    gateway: Gateway, sqs: Any, queue_url: str
) -> None:
    answer = gateway.post("/api/chat", {"message": "secret words", "session_id": "s"})
    (body,) = queued_bodies(sqs, queue_url)
    assert body["run_id"] == answer.headers["x-run-id"] == answer.json["queued"][0]["run_id"]
    assert "secret words" not in json.dumps(body)


def test_a_busy_session_drops_no_message(gateway: Gateway) -> None:
    for number in range(3):
        gateway.post("/api/chat", {"message": f"message {number}", "session_id": "s"})
    state = gateway.get("/api/state", session_id="s").json
    assert [message["content"] for message in state["messages"]] == ["message 0", "message 1", "message 2"]


def test_identical_messages_are_all_kept(gateway: Gateway) -> None:
    for _ in range(3):
        gateway.post("/api/chat", {"message": "again", "session_id": "s"})
    state = gateway.get("/api/state", session_id="s").json
    assert [message["content"] for message in state["messages"]] == ["again"] * 3


def test_the_same_idempotency_key_returns_the_same_run(gateway: Gateway, sqs: Any, queue_url: str) -> None:
    first = gateway.post("/api/chat", {"message": "once", "session_id": "s"}, Idempotency_Key="k1")
    second = gateway.post("/api/chat", {"message": "once", "session_id": "s"}, Idempotency_Key="k1")
    assert first.headers["x-run-id"] == second.headers["x-run-id"]
    assert len(second.json["messages"]) == 1
    assert len(queued_bodies(sqs, queue_url)) == 1


def test_an_idempotency_key_counts_in_its_own_session_only(gateway: Gateway) -> None:
    first = gateway.post("/api/chat", {"message": "x", "session_id": "a"}, Idempotency_Key="k")
    second = gateway.post("/api/chat", {"message": "x", "session_id": "b"}, Idempotency_Key="k")
    assert first.headers["x-run-id"] != second.headers["x-run-id"]


def test_a_repeat_of_a_finished_run_is_neither_run_nor_sent_again(
    gateway: Gateway, real_store: Store, sqs: Any, queue_url: str
) -> None:
    first = gateway.post("/api/chat", {"message": "x", "session_id": "s"}, Idempotency_Key="k")
    answered(real_store, "s", first.headers["x-run-id"], "done")
    queued_bodies(sqs, queue_url)
    again = gateway.post("/api/chat", {"message": "x", "session_id": "s"}, Idempotency_Key="k")
    assert [message["content"] for message in again.json["messages"]] == ["x", "done"]
    assert queued_bodies(sqs, queue_url) == []


def test_a_message_whose_sending_fails_stays_accepted(
    gateway: Gateway, environment: Environment, queue_url: str
) -> None:
    environment.set(FORGE_QUEUE_URL=queue_url.replace("runs", "nowhere"))
    answer = gateway.post("/api/chat", {"message": "hello", "session_id": "s"})
    assert answer.status == 200
    assert len(gateway.get("/api/state", session_id="s").json["queued"]) == 1


def test_a_finished_answer_does_not_stream(gateway: Gateway, real_store: Store) -> None:
    sent = gateway.post("/api/chat", {"message": "x", "session_id": "s"})
    answered(real_store, "s", sent.headers["x-run-id"], "one", "two")
    state = gateway.get("/api/state", session_id="s").json
    assert [message["is_streaming"] for message in state["messages"]] == [False, False, False]
    assert (state["is_processing"], state["active_run"]) == (False, None)


def test_text_that_streams_is_the_last_message(gateway: Gateway, real_store: Store) -> None:
    sent = gateway.post("/api/chat", {"message": "x", "session_id": "s"})
    session = real_store.sessions.get(SessionKey("anonymous", "s"))
    assert session
    message = RunMessage(
        owner="anonymous", session_id="s", generation=session.generation, run_id=sent.headers["x-run-id"]
    )
    real_store.runs.flush(real_store.runs.claim(message, "w"), "so far")
    last = gateway.get("/api/state", session_id="s").json["messages"][-1]
    assert (last["content"], last["is_streaming"], last["sender"]) == ("so far", True, "agent")


def test_rejecting_when_busy_is_a_conflict(gateway: Gateway) -> None:
    gateway.post("/api/chat", {"message": "first", "session_id": "s"})
    answer = gateway.post("/api/chat", {"message": "second", "session_id": "s", "if_busy": "reject"})
    assert (answer.status, answer.json["title"]) == (409, "Conflict")


def test_interrupting_when_busy_stops_the_active_run_and_queues_the_message(
    gateway: Gateway, real_store: Store
) -> None:
    key = SessionKey("anonymous", "s")
    sent = gateway.post("/api/chat", {"message": "first", "session_id": "s"})
    session = real_store.sessions.get(key)
    assert session
    run_id = sent.headers["x-run-id"]
    message = RunMessage(owner=key.owner, session_id="s", generation=session.generation, run_id=run_id)
    real_store.runs.claim(message, "w")
    answer = gateway.post("/api/chat", {"message": "second", "session_id": "s", "if_busy": "interrupt"})
    assert [queued["content"] for queued in answer.json["queued"]] == ["second"]
    assert real_store.controls.read([key])[key].interrupt == run_id


@pytest.mark.slow
def test_a_full_inbox_asks_to_come_back_later(gateway: Gateway) -> None:
    for number in range(10):
        gateway.post("/api/chat", {"message": f"{number}", "session_id": "s"})
    answer = gateway.post("/api/chat", {"message": "one more", "session_id": "s"})
    assert answer.status == 429
    assert int(answer.headers["retry-after"]) >= 1


def test_too_many_messages_at_once_are_refused_with_a_time(
    gateway: Gateway, environment: Environment
) -> None:
    environment.set(RATE_LIMIT_BURST="2")
    statuses = [
        gateway.post("/api/chat", {"message": f"{number}", "session_id": "s"}).status for number in range(4)
    ]
    assert statuses == [200, 200, 429, 429]


def test_looking_creates_nothing(gateway: Gateway, dynamodb: Any, table: str) -> None:
    for session_id in ("a", "b"):
        state = gateway.get("/api/state", session_id=session_id).json
        assert (state["rev"], state["messages"], state["session_id"]) == (0, [], session_id)
    gateway.post("/api/interrupt", {"session_id": "a"})
    assert stored_items(dynamodb, table) == []


def test_state_without_a_session_id_returns_a_new_one(gateway: Gateway) -> None:
    first, second = gateway.get("/api/state"), gateway.get("/api/state")
    assert first.json["session_id"] != second.json["session_id"]
    assert first.headers["x-session-id"] == first.json["session_id"]


def test_a_state_is_loading_until_a_worker_has_published_its_catalog(
    gateway: Gateway, real_store: Store
) -> None:
    assert gateway.get("/api/state").json["is_loading"] is True
    real_store.commands.publish(Catalog(llm="offline", missing_api_key=True, published_at=1))
    state = gateway.get("/api/state").json
    assert (state["is_loading"], state["missing_api_key"]) == (False, True)

"""A message is accepted once: the same key with the same body, another body, another route; after many messages,
after deletion, after a restart.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.api import dependencies
from forge.api.entry.origin_check import digest_of
from forge.errors import KeyReused
from forge.models.idempotency import Once
from forge.store import Store
from tests.api.gateway import Answer, Gateway
from tests.api.test_chat import answered
from tests.clock import Clock
from tests.properties import examples, paired
from tests.store.scenes import KEY, counted, submission
from tests.unlisted import tried

HOUR = 3_600_000
CHAT, SYSTEM = "/api/chat", "/api/system"

Between = Callable[[Gateway, Store, str], None]


def nothing(gateway: Gateway, store: Store, run_id: str) -> None:
    pass


def the_run_ends(gateway: Gateway, store: Store, run_id: str) -> None:
    answered(store, "s", run_id, "done")


def twenty_one_messages(gateway: Gateway, store: Store, run_id: str) -> None:
    answered(store, "s", run_id, "done")
    for number in range(21):
        other = gateway.post(CHAT, {"message": f"{number}", "session_id": "s"}).headers["x-run-id"]
        answered(store, "s", other, "done")


def it_is_deleted(gateway: Gateway, store: Store, run_id: str) -> None:
    gateway.delete("/api/sessions/s")


def it_is_interrupted(gateway: Gateway, store: Store, run_id: str) -> None:
    gateway.post("/api/interrupt", {"session_id": "s"})


def the_functions_restart(gateway: Gateway, store: Store, run_id: str) -> None:
    dependencies.forget()


BETWEEN = [
    nothing,
    the_run_ends,
    twenty_one_messages,
    it_is_deleted,
    it_is_interrupted,
    the_functions_restart,
]


def messages_of(answer: Answer) -> list[str]:
    return [message["content"] for message in answer.json["messages"]]


@pytest.mark.parametrize("between", BETWEEN)
@pytest.mark.parametrize("route", [CHAT, SYSTEM])
def test_the_same_request_again_is_answered_by_the_first_ones_run(
    gateway: Gateway, real_store: Store, between: Between, route: str
) -> None:
    body = {"message": "send 1 wei", "session_id": "s"}
    first = gateway.post(route, body, Idempotency_Key="k")
    between(gateway, real_store, first.headers["x-run-id"])
    before = gateway.get("/api/state", session_id="s")
    again = gateway.post(route, body, Idempotency_Key="k")
    assert (again.status, again.headers["x-run-id"]) == (200, first.headers["x-run-id"])
    assert messages_of(again) == messages_of(before)
    assert again.json["rev"] == before.json["rev"]


OTHERS = [
    (CHAT, {"message": "send 2 wei", "session_id": "s"}),
    (CHAT, {"message": "send 1 wei", "session_id": "s", "if_busy": "interrupt"}),
    (SYSTEM, {"message": "send 1 wei", "session_id": "s"}),
    (SYSTEM, {"message": "Transaction sent: 0x" + "1" * 64, "session_id": "s"}),
]


@pytest.mark.hypothesis
@pytest.mark.parametrize(
    ("between", "route", "body"), [(between, *other) for between, other in paired(BETWEEN, OTHERS, 2)]
)
def test_another_request_under_the_same_key_is_refused_in_words(
    gateway: Gateway, real_store: Store, between: Between, route: str, body: dict[str, str]
) -> None:
    first = gateway.post(CHAT, {"message": "send 1 wei", "session_id": "s"}, Idempotency_Key="k")
    between(gateway, real_store, first.headers["x-run-id"])
    before = gateway.get("/api/state", session_id="s").json["rev"]
    refused = gateway.post(route, body, Idempotency_Key="k")
    assert refused.status == 409
    assert "Idempotency-Key" in refused.json["detail"]
    assert gateway.get("/api/state", session_id="s").json["rev"] == before


def test_without_a_session_id_it_is_the_same_new_session(gateway: Gateway) -> None:
    first, again = (gateway.post(CHAT, {"message": "hi"}, Idempotency_Key="k") for _ in range(2))
    assert again.headers["x-run-id"] == first.headers["x-run-id"]
    assert again.json["session_id"] == first.json["session_id"] == again.headers["x-session-id"]
    assert messages_of(again) == ["hi"]


@pytest.mark.parametrize("claimed", [{}, {"X_Forwarded_For": "192.0.2.1"}], ids=["by itself", "as the other"])
def test_without_a_session_id_a_strangers_key_is_another_one(
    gateway: Gateway, environment: Any, claimed: dict[str, str]
) -> None:
    """`X-Forwarded-For` begins with what the caller wrote there; the distribution's own header does not."""
    environment.set(EDGE_DIGESTS=digest_of("n" * 32))
    first, other = (
        gateway.post(
            CHAT,
            {"message": "hi"},
            Idempotency_Key="k",
            X_Forge_Edge="n" * 32,
            X_Forge_Viewer=address,
            **claimed,
        )
        for address in ("192.0.2.1", "192.0.2.2")
    )
    assert first.json["session_id"] != other.json["session_id"]


def test_a_key_counts_in_its_own_session_only(gateway: Gateway) -> None:
    runs = {
        gateway.post(CHAT, {"message": "hi", "session_id": name}, Idempotency_Key="k").headers["x-run-id"]
        for name in ("a", "b")
    }
    assert len(runs) == 2


def test_a_refused_message_leaves_its_key_unused(gateway: Gateway, real_store: Store) -> None:
    busy = gateway.post(CHAT, {"message": "first", "session_id": "s"})
    body = {"message": "second", "session_id": "s", "if_busy": "reject"}
    assert gateway.post(CHAT, body, Idempotency_Key="k").status == 409
    answered(real_store, "s", busy.headers["x-run-id"], "done")
    again = gateway.post(CHAT, body, Idempotency_Key="k")
    assert again.status == 200
    assert messages_of(again)[-1] == "second"


def test_a_repeat_whose_first_was_not_sent_is_sent(
    gateway: Gateway, environment: Any, sqs: Any, queue_url: str
) -> None:
    environment.set(FORGE_QUEUE_URL=queue_url.replace("runs", "nowhere"))
    body = {"message": "hi", "session_id": "s"}
    first = gateway.post(CHAT, body, Idempotency_Key="k")
    environment.set(FORGE_QUEUE_URL=queue_url)
    gateway.post(CHAT, body, Idempotency_Key="k")
    (message,) = sqs.receive_message(QueueUrl=queue_url)["Messages"]
    assert json.loads(message["Body"])["run_id"] == first.headers["x-run-id"]


ONCE = Once("name", "fingerprint")


@pytest.mark.parametrize(("hours", "is_same"), [(0, True), (23, True), (25, False)])
def test_a_key_is_remembered_for_24_hours(store: Store, clock: Clock, hours: int, is_same: bool) -> None:
    first = store.inbox.accept_once(KEY, submission(), "enqueue", ONCE)
    clock.advance(hours * HOUR)
    again = store.inbox.accept_once(KEY, submission(), "enqueue", ONCE)
    assert (again.run_id == first.run_id) is is_same
    other = Once(ONCE.name, "other")
    with pytest.raises(KeyReused):
        store.inbox.accept_once(KEY, submission(), "enqueue", other)


def test_accepting_with_a_key_takes_two_writes_and_no_more_calls(store: Store, dynamodb: Any) -> None:
    with counted(dynamodb) as calls:
        store.inbox.accept_once(KEY, submission(), "enqueue", Once("a", "x"))
    assert calls == ["TransactWriteItems"] * 2
    with counted(dynamodb) as calls:
        store.inbox.accept_once(KEY, submission(), "enqueue", Once("b", "x"))
    assert calls == ["TransactWriteItems"] * 2 + ["GetItem"]


@pytest.mark.slow
def test_fifty_at_once_are_one_message(store: Store) -> None:
    def accept(_: int) -> str:
        return store.inbox.accept_once(KEY, submission(), "enqueue", ONCE).run_id

    with ThreadPoolExecutor(10) as pool:
        runs = set(pool.map(accept, range(50)))
    session = store.sessions.get(KEY)
    assert session is not None
    assert {each.run_id for each in session.inbox} == runs
    assert len(runs) == 1


TEXTS = st.text(min_size=1, max_size=6).filter(lambda text: "\x00" not in text)
REQUESTS = st.tuples(
    st.sampled_from(["POST /api/chat", "POST /api/system"]),
    st.fixed_dictionaries({"session_id": st.none() | TEXTS, "message": TEXTS}),
)


@examples(200)
@given(first=REQUESTS, second=REQUESTS, key=TEXTS, users=st.tuples(TEXTS, TEXTS))
def test_a_fingerprint_is_that_of_route_and_body_and_a_name_that_of_user_and_key(
    first: Any, second: Any, key: str, users: tuple[str, str]
) -> None:
    tried("requests under one idempotency key", (first, second))
    mine, yours = Once.of((users[0],), key, *first), Once.of((users[1],), key, *second)
    assert (mine.fingerprint == yours.fingerprint) == (first == second)
    assert (mine.name == yours.name) == (users[0] == users[1])

"""The `Prefer` header: minimal answers, and waiting for a run's end."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.api.entry.prefer_header import WAIT_LIMIT_SECONDS, Preferences, preferences_of
from forge.models.message import Draft
from forge.models.run import Ending, RunMessage
from forge.models.session_key import SessionKey
from forge.store import Store
from tests.api.gateway import Gateway
from tests.unlisted import tried

KEY = SessionKey("anonymous", "preferring")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], Preferences()),
        (["return=minimal"], Preferences(is_minimal=True)),
        (["Return = Minimal"], Preferences(is_minimal=True)),
        (['wait =  "5"'], Preferences(wait_seconds=5)),
        (["return=representation"], Preferences()),
        (["wait=5"], Preferences(wait_seconds=5)),
        (["wait=5, return=minimal"], Preferences(is_minimal=True, wait_seconds=5)),
        (["wait=5", "return=minimal; foo=bar"], Preferences(is_minimal=True, wait_seconds=5)),
        (["wait=5, wait=9"], Preferences(wait_seconds=5)),
        (['wait="7"'], Preferences(wait_seconds=7)),
        (['return = "minimal"; x="y"'], Preferences(is_minimal=True)),
        (['wait="7'], Preferences()),
        (["wait=1000000"], Preferences(wait_seconds=WAIT_LIMIT_SECONDS)),
        (["wait=-1"], Preferences()),
        (["wait=2.5"], Preferences()),
        (["wait"], Preferences()),
        (["respond-async, handling=lenient"], Preferences()),
    ],
)
def test_what_is_preferred(headers: list[str], expected: Preferences) -> None:
    assert preferences_of(headers) == expected


@given(st.lists(st.text(max_size=40), max_size=4))
def test_any_header_is_read_without_an_error(headers: list[str]) -> None:
    tried("Prefer headers", headers)
    assert 0 <= preferences_of(headers).wait_seconds <= WAIT_LIMIT_SECONDS


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/chat", {"message": "hello"}),
        ("/api/system", {"message": "the user connected a wallet"}),
        ("/api/interrupt", {}),
    ],
)
def test_a_minimal_answer_is_the_state_without_its_messages(
    gateway: Gateway, path: str, body: dict[str, str]
) -> None:
    gateway.post("/api/chat", {"message": "first", "session_id": KEY.session_id})
    whole = gateway.get(f"/api/state?session_id={KEY.session_id}").json
    request = {**body, "session_id": KEY.session_id}
    answer = gateway.post(path, request, prefer="return=minimal")
    assert answer.status == 200
    assert answer.headers["preference-applied"] == "return=minimal"
    assert set(answer.json) == set(whole) - {"messages", "first_seq"}


def test_an_answer_without_a_preference_is_the_whole_state(gateway: Gateway) -> None:
    answer = gateway.post("/api/chat", {"message": "hello", "session_id": KEY.session_id})
    assert "messages" in answer.json
    assert "preference-applied" not in answer.headers


def test_waiting_ends_with_the_run_and_shows_its_answer(gateway: Gateway, real_store: Store) -> None:
    """A thread plays the worker as soon as the message is accepted."""
    worker = threading.Thread(target=answer_when_accepted, args=(real_store, "forty-two"))
    worker.start()
    body = {"message": "the answer?", "session_id": KEY.session_id}
    answer = gateway.post("/api/chat", body, prefer=f"wait={WAIT_LIMIT_SECONDS}")
    worker.join()
    assert answer.json["is_processing"] is False
    assert answer.json["messages"][-1]["content"] == "forty-two"


def test_waiting_for_longer_than_preferred_shows_what_there_is(gateway: Gateway) -> None:
    body = {"message": "nobody works", "session_id": KEY.session_id}
    answer = gateway.post("/api/chat", body, prefer="wait=1")
    assert answer.status == 200
    assert answer.json["is_processing"] is True


def answer_when_accepted(store: Store, text: str) -> None:
    pause = threading.Event()
    while (session := store.sessions.get(KEY)) is None:
        pause.wait(0.02)
    (submission,) = session.inbox
    message = RunMessage(
        owner=KEY.owner,
        session_id=KEY.session_id,
        generation=session.generation,
        run_id=submission.run_id,
    )
    lease = store.runs.claim(message, "test")
    draft = Draft(sender="agent", content=text, created_at=1, run_id=submission.run_id)
    store.runs.finish(lease, Ending(outcome="completed", drafts=[draft]))


def test_an_answer_that_waits_for_nothing_does_not_say_it_had(gateway: Gateway) -> None:
    answer = gateway.post("/api/interrupt", {"session_id": KEY.session_id}, prefer="wait=5, return=minimal")
    assert answer.headers["preference-applied"] == "return=minimal"

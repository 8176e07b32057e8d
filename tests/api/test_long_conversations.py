"""The cost of a long conversation is bounded: States, pages of it, `sync`, event streams, and minimal answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.api.message_pages import BYTES_LIMIT, MESSAGES_LIMIT, encoded_size, fitting
from forge.api.state_stream import Follower
from forge.models.message import Draft, Message
from forge.models.run import Ending, RunMessage
from forge.models.session_key import SessionKey
from forge.store import Store
from tests.api.gateway import Gateway
from tests.properties import examples

KEY = SessionKey("anonymous", "long")
AT_ONCE = 90


def grow(gateway: Gateway, store: Store, contents: Sequence[str], key: SessionKey = KEY) -> None:
    """Accepts one message and lets its run answer with `contents`, in as many transactions as they need."""
    answer = gateway.post("/api/chat", {"message": "go on", "session_id": key.session_id})
    run_id = answer.headers["x-run-id"]
    session = store.sessions.get(key)
    assert session
    message = RunMessage(
        owner=key.owner, session_id=key.session_id, generation=session.generation, run_id=run_id
    )
    lease = store.runs.claim(message, "test")
    drafts = [Draft(sender="agent", content=each, created_at=1, run_id=run_id) for each in contents]
    for start in range(0, len(drafts), AT_ONCE):
        lease = store.runs.append(lease, Ending(outcome="completed", drafts=drafts[start : start + AT_ONCE]))
    store.runs.finish(lease, Ending(outcome="completed"))


def page(gateway: Gateway, **query: int) -> dict[str, Any]:
    names = "".join(f"&{name}={value}" for name, value in query.items())
    return gateway.get(f"/api/state?session_id={KEY.session_id}{names}").json


def seqs(state: dict[str, Any]) -> list[int]:
    return [message["seq"] for message in state["messages"]]


@pytest.mark.slow
def test_a_state_holds_the_newest_messages_and_says_how_many_there_are(
    gateway: Gateway, real_store: Store
) -> None:
    count = MESSAGES_LIMIT + 60
    grow(gateway, real_store, [f"answer {number}" for number in range(count)])
    state = page(gateway)
    assert state["message_count"] == count + 1
    assert seqs(state) == list(range(count + 1 - MESSAGES_LIMIT, count + 1))
    assert state["first_seq"] == seqs(state)[0]


@pytest.mark.slow
def test_pages_backwards_meet_without_a_gap_and_without_an_overlap(
    gateway: Gateway, real_store: Store
) -> None:
    grow(gateway, real_store, [f"answer {number}" for number in range(150)])
    state, found = page(gateway, limit=40), list[int]()
    while True:
        found = seqs(state) + found
        if state["first_seq"] == 0:
            break
        state = page(gateway, before=state["first_seq"], limit=40)
        assert len(state["messages"]) <= 40
    assert found == list(range(151))


def test_a_page_before_the_beginning_or_of_no_session_is_empty(gateway: Gateway, real_store: Store) -> None:
    assert page(gateway, before=7)["messages"] == []
    grow(gateway, real_store, ["only one"])
    state = page(gateway, before=0)
    assert (state["messages"], state["first_seq"]) == ([], 0)


@pytest.mark.parametrize("query", ["before=-1", "before=x", "limit=0", "limit=501", "limit=x"])
def test_a_page_that_cannot_be_is_refused(gateway: Gateway, query: str) -> None:
    assert gateway.get(f"/api/state?session_id=long&{query}").status == 422


@pytest.mark.slow
def test_long_and_unprintable_messages_are_bounded_as_they_are_encoded(
    gateway: Gateway, real_store: Store
) -> None:
    grow(gateway, real_store, ["\x01" * 60_000 for _ in range(8)])
    answer = gateway.get(f"/api/state?session_id={KEY.session_id}")
    assert answer.status == 200
    assert len(answer.text) < BYTES_LIMIT + 10_000
    assert 1 <= len(answer.json["messages"]) < 8


@given(st.lists(st.integers(0, 400_000), max_size=12))
@examples(50)
def test_what_fits_is_the_newest_and_never_nothing(sizes: list[int]) -> None:
    log = [
        Message(seq=seq, sender="agent", kind="text", content="x" * size, created_at=1)
        for seq, size in enumerate(sizes)
    ]
    kept = fitting(log)
    assert kept == log[len(log) - len(kept) :]
    assert bool(kept) == bool(log)
    assert len(kept) <= 1 or sum(map(encoded_size, kept)) <= BYTES_LIMIT
    left_out = log[len(log) - len(kept) - 1] if len(kept) < len(log) else None
    assert left_out is None or sum(map(encoded_size, [left_out, *kept])) > BYTES_LIMIT


def synced(gateway: Gateway, frame: dict[str, Any]) -> list[dict[str, Any]]:
    _, connection = gateway.connect(session_id=KEY.session_id)
    answer = gateway.say(connection, {"type": "sync", **frame})
    return [each for each in answer if each["type"] == "state"]


def test_a_sync_brings_the_newest_that_it_asks_for_and_says_where_they_begin(
    gateway: Gateway, real_store: Store
) -> None:
    grow(gateway, real_store, [f"answer {number}" for number in range(100)])
    frames = synced(gateway, {"newest": 10})
    assert [seq for frame in frames for seq in seqs(frame)] == list(range(91, 101))
    assert {frame["first_seq"] for frame in frames} == {91}


def test_a_sync_that_leaves_nothing_out_says_so(gateway: Gateway, real_store: Store) -> None:
    grow(gateway, real_store, [f"answer {number}" for number in range(20)])
    session = real_store.sessions.get(KEY)
    assert session
    have = {"generation": session.generation, "messages": 15}
    frames = synced(gateway, {"newest": 10, "have": have})
    assert [seq for frame in frames for seq in seqs(frame)] == list(range(15, 21))
    assert {frame["first_seq"] for frame in frames} == {0}


@pytest.mark.slow
@pytest.mark.parametrize("content", ["x" * 30_000, "\x01" * 30_000, "short"])
def test_a_sync_that_asks_for_everything_gets_it_in_bounded_pieces_without_a_gap(
    gateway: Gateway, real_store: Store, still_clock: None, content: str
) -> None:
    count = MESSAGES_LIMIT + 30 if content == "short" else 60
    grow(gateway, real_store, [content] * count)
    session = real_store.sessions.get(KEY)
    assert session
    held, pieces = 0, 0
    while held < session.message_count:
        have = {"generation": session.generation, "messages": held}
        _, connection = gateway.connect(session_id=KEY.session_id)
        frames = gateway.say(connection, {"type": "sync", "have": have})
        assert sum(len(json.dumps(frame)) for frame in frames) <= 2 * BYTES_LIMIT
        new = [seq for frame in frames if frame["type"] == "state" for seq in seqs(frame)]
        assert new == list(range(held, held + len(new)))
        assert new
        held, pieces = held + len(new), pieces + 1
    assert pieces > 1


@pytest.mark.slow
def test_a_stream_of_a_long_conversation_sends_bounded_events(gateway: Gateway, real_store: Store) -> None:
    count = MESSAGES_LIMIT + 20
    grow(gateway, real_store, [f"answer {number}" for number in range(count)])
    follower = Follower(KEY, None)
    first = event(follower)
    assert len(first["messages"]) == MESSAGES_LIMIT
    grow(gateway, real_store, ["and one more"])
    after = event(follower)
    assert len(after["messages"]) == MESSAGES_LIMIT
    assert after["messages"][-1]["content"] == "and one more"
    assert after["first_seq"] == first["first_seq"] + 2


def event(follower: Follower) -> dict[str, Any]:
    data = follower.next_event()
    assert data
    return json.loads(data.split(b"data: ", 1)[1])

"""Accepting never depends on rendering: even if something cannot be shown, a message is accepted once and answered
later.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from forge.api import conversations, dependencies
from forge.api.unreadable_sessions import NOT_SHOWN
from forge.errors import StorageUnavailable
from forge.models import public
from forge.models.frame import PublicMessage
from forge.models.http import State
from forge.models.message import Message
from forge.store import Store
from forge.store.sessions import TableSessions
from tests.api.gateway import Gateway
from tests.api.test_chat import answered
from tests.properties import paired
from tests.store.scenes import KEY

Patch = pytest.MonkeyPatch
HALF_A_CHARACTER = "\ud800"


def failing(*_: Any, **__: Any) -> Any:
    raise RuntimeError("cannot be rendered")


def out_of_reach(*_: Any, **__: Any) -> Any:
    raise StorageUnavailable(retry_after=1)


def no_json(*args: Any, **values: Any) -> State:
    return public.empty_state(KEY.session_id, "testnet", None).model_copy(update={"title": HALF_A_CHARACTER})


def no_message(patch: Patch) -> None:
    """None of the conversation's; what we say ourselves is no part of it."""
    real = public.public_message

    def shown(message: Message) -> PublicMessage:
        return real(message) if message.content == NOT_SHOWN else failing()

    patch.setattr(public, "public_message", shown)


def no_frames(patch: Patch) -> None:
    """Neither an answer nor a frame can be made of the session."""
    patch.setattr(public, "hot", failing)


BROKEN: dict[str, Callable[[Patch], None]] = {
    "the state": lambda patch: patch.setattr(public, "state", failing),
    "the state and the frames": no_frames,
    "a message": no_message,
    "the history is out of reach": lambda patch: patch.setattr(TableSessions, "messages", out_of_reach),
    "the history cannot be read": lambda patch: patch.setattr(conversations, "page", failing),
    "the streaming text": lambda patch: patch.setattr(TableSessions, "streaming_text", failing),
    "the catalog": lambda patch: patch.setattr(dependencies, "catalog", out_of_reach),
    "the frames to the sockets": lambda patch: patch.setattr(conversations, "push_state", failing),
    "JSON": lambda patch: patch.setattr(public, "state", no_json),
}


WAYS = [("/api/chat", "enqueue"), ("/api/chat", "interrupt"), ("/api/system", "enqueue")]


@pytest.mark.slow
@pytest.mark.hypothesis
@pytest.mark.parametrize(
    ("broken", "path", "if_busy"), [(broken, *way) for broken, way in paired([*BROKEN], WAYS, 2)]
)
def test_what_cannot_be_shown_is_accepted_and_answered_later(
    gateway: Gateway,
    real_store: Store,
    monkeypatch: Patch,
    broken: str,
    path: str,
    if_busy: str,
) -> None:
    gateway.connect(session_id=KEY.session_id)
    earlier = gateway.post("/api/chat", {"message": "earlier", "session_id": KEY.session_id})
    body = {"message": "hi", "session_id": KEY.session_id}
    if path == "/api/chat":
        body["if_busy"] = if_busy
    with monkeypatch.context() as patch:
        BROKEN[broken](patch)
        answers = [gateway.post(path, body, idempotency_key="k") for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 200]
    (run_id,) = {answer.headers["x-run-id"] for answer in answers}
    session = real_store.sessions.get(KEY)
    assert session is not None
    assert [waiting.run_id for waiting in session.inbox][-1] == run_id
    for waiting in session.inbox:
        answered(real_store, KEY.session_id, waiting.run_id, f"answer to {waiting.content}")
    shown = gateway.get("/api/state", session_id=KEY.session_id).json["messages"]
    contents = [message["content"] for message in shown]
    assert contents.count("hi") == 1
    assert "answer to hi" in contents
    assert earlier.headers["x-run-id"] != run_id


def test_a_client_is_told_that_it_was_accepted_when_nothing_can_be_shown(
    gateway: Gateway, monkeypatch: Patch
) -> None:
    monkeypatch.setattr(public, "hot", failing)
    answer = gateway.post("/api/chat", {"message": "hi", "session_id": "s"})
    (told,) = answer.json["messages"]
    assert (answer.status, told["content"]) == (200, NOT_SHOWN)
    assert answer.json["rev"] == 0  # a client that knows more keeps what it knows


def test_what_was_not_accepted_is_not_said_to_be(gateway: Gateway, monkeypatch: Patch) -> None:
    monkeypatch.setattr("forge.store.inbox.TableInbox.accept_once", out_of_reach)
    assert gateway.post("/api/chat", {"message": "hi", "session_id": "s"}).status == 503

"""WebSocket routes: connect, sync, ping, disconnect."""

from __future__ import annotations

from typing import Any

import pytest

from forge.api import dependencies
from forge.models.frame import SERVER_FRAME
from forge.models.message import Draft
from forge.models.request_prices import FRAMES_AHEAD_MS, WRONG_FRAME
from forge.models.run import Progress, RunMessage
from forge.models.session import Connection
from forge.models.session_key import SessionKey
from forge.models.work import Lease
from forge.store import Store, keys
from tests.api.conftest import ConnectionsServer, Environment
from tests.api.gateway import Gateway

KEY = SessionKey("anonymous", "s")
HOURS = 20_000


def running(gateway: Gateway, store: Store) -> Lease:
    sent = gateway.post("/api/chat", {"message": "question", "session_id": "s"})
    session = store.sessions.get(KEY)
    assert session
    run_id = sent.headers["x-run-id"]
    message = RunMessage(
        owner=KEY.owner, session_id=KEY.session_id, generation=session.generation, run_id=run_id
    )
    return store.runs.claim(message, "test")


def test_a_connection_is_known_by_its_session(gateway: Gateway, real_store: Store) -> None:
    status, connection = gateway.connect(session_id="s")
    assert status == 200
    assert real_store.controls.read([KEY])[KEY].connections == {connection}
    gateway.leave(connection)
    assert real_store.controls.read([KEY])[KEY].connections == frozenset()


def test_sync_of_a_session_that_does_not_exist_is_the_empty_state(gateway: Gateway) -> None:
    _, connection = gateway.connect(session_id="s")
    (frame,) = gateway.say(connection, {"type": "sync"})
    SERVER_FRAME.validate_python(frame)
    assert (frame["type"], frame["rev"], frame["messages"]) == ("state", 0, [])


def test_sync_brings_messages_and_the_text_so_far(gateway: Gateway, real_store: Store) -> None:
    real_store.runs.flush(running(gateway, real_store), "hello wor")
    _, connection = gateway.connect(session_id="s")
    state, text = gateway.say(connection, {"type": "sync"})
    assert [message["content"] for message in state["messages"]] == ["question"]
    assert state["active_run"]["seq"] == text["seq"] == 1
    assert (text["type"], text["attempt"], text["offset"], text["text"]) == ("text", 1, 0, "hello wor")


def test_sync_brings_nothing_that_the_client_has(gateway: Gateway, real_store: Store) -> None:
    real_store.runs.flush(running(gateway, real_store), "hello wor")
    _, connection = gateway.connect(session_id="s")
    state, text = gateway.say(connection, {"type": "sync"})
    have = {"generation": state["generation"], "messages": 1, "seq": 1, "attempt": 1, "length": 6}
    state, text = gateway.say(connection, {"type": "sync", "have": have})
    assert state["messages"] == []
    assert (text["offset"], text["text"]) == (6, "wor")


@pytest.mark.slow
def test_a_long_conversation_comes_in_frames_that_fit(gateway: Gateway, real_store: Store) -> None:
    contents = ["x" * 3_000] * 30 + ["ü" * 70_000]
    drafts = [Draft(sender="agent", content=content, created_at=1) for content in contents]
    lease = running(gateway, real_store)
    for start in range(0, len(drafts), 5):
        lease = real_store.runs.append(lease, Progress(drafts=drafts[start : start + 5]))
    _, connection = gateway.connect(session_id="s")
    frames = gateway.say(connection, {"type": "sync"})
    held: dict[int, str] = {}
    for frame in frames:
        if frame["type"] == "state":
            held |= {message["seq"]: message["content"] for message in frame["messages"]}
        else:
            assert (frame["attempt"], frame["offset"]) == (0, len(held[frame["seq"]]))
            held[frame["seq"]] += frame["text"]
    assert list(held.values()) == ["question", *contents]


def test_a_sync_may_name_its_own_session_only(gateway: Gateway) -> None:
    _, connection = gateway.connect(session_id="s")
    assert gateway.say(connection, {"type": "sync", "session_id": "s"})[0]["type"] == "state"
    (frame,) = gateway.say(connection, {"type": "sync", "session_id": "other"})
    assert (frame["type"], frame["status"]) == ("error", 400)


def test_ping_is_answered_and_keeps_the_session_alive(
    gateway: Gateway, real_store: Store, dynamodb: Any, table: str
) -> None:
    gateway.post("/api/chat", {"message": "a", "session_id": "s"})
    _, connection = gateway.connect(session_id="s")
    now = dependencies.now()
    dynamodb.update_item(
        TableName=table,
        Key={name: {"S": value} for name, value in keys.hot(KEY).items()},
        UpdateExpression="SET last_activity_at = :long_ago, expires_at = :soon",
        ExpressionAttributeValues={
            ":long_ago": {"N": str(now - 1_000_000)},
            ":soon": {"N": str(now // 1_000 + 60)},
        },
    )
    (pong,) = gateway.say(connection, {"type": "ping"})
    session = real_store.sessions.get(KEY)
    assert session
    assert pong == {"type": "pong", "rev": session.rev}
    assert session.expires_at >= now // 1_000 + 1_800


def test_ping_of_a_session_that_does_not_exist_creates_none(gateway: Gateway, real_store: Store) -> None:
    _, connection = gateway.connect(session_id="s")
    assert gateway.say(connection, {"type": "ping"}) == [{"type": "pong", "rev": None}]
    assert real_store.sessions.get(KEY) is None


def test_a_forgotten_connection_is_told_to_connect_again(
    gateway: Gateway, connections_server: ConnectionsServer
) -> None:
    connections_server.frames["stranger="] = []
    (frame,) = gateway.say("stranger=", {"type": "sync"})
    assert (frame["type"], frame["status"]) == ("error", 404)


def test_a_connection_that_has_gone_is_forgotten_and_nothing_else(
    gateway: Gateway, connections_server: ConnectionsServer, real_store: Store
) -> None:
    _, gone = gateway.connect(session_id="s")
    _, here = gateway.connect(session_id="s")
    real_store.controls.connect(Connection(connection_id=gone, key=KEY, connected_at=0))
    connections_server.closed.append(gone)
    assert gateway.say(gone, {"type": "ping"}) == []
    assert real_store.controls.read([KEY])[KEY].connections == {here}


def test_a_connection_that_is_only_opening_is_kept_for_what_comes_next(
    gateway: Gateway, connections_server: ConnectionsServer, real_store: Store
) -> None:
    gateway.post("/api/chat", {"message": "a", "session_id": "s"})
    _, opening = gateway.connect(session_id="s")
    connections_server.closed.append(opening)
    assert gateway.patch("/api/sessions/s", {"title": "Said too early"}).status == 200
    connections_server.closed.remove(opening)
    (synced,) = gateway.say(opening, {"type": "sync"})
    gateway.patch("/api/sessions/s", {"title": "Heard"})
    titles = [frame["title"] for frame in (synced, connections_server.frames[opening][-1])]
    assert titles == ["Said too early", "Heard"]


@pytest.mark.slow
def test_a_session_has_a_limited_number_of_connections(gateway: Gateway, real_store: Store) -> None:
    for number in range(50):
        real_store.controls.connect(
            Connection(connection_id=f"c{number}", key=KEY, connected_at=dependencies.now())
        )
    assert gateway.connect(session_id="s")[0] == 429
    assert gateway.connect(session_id="other")[0] == 200


@pytest.mark.slow
def test_connections_whose_end_was_never_told_make_room(gateway: Gateway, real_store: Store) -> None:
    for number in range(50):
        real_store.controls.connect(
            Connection(connection_id=f"c{number}", key=KEY, connected_at=dependencies.now())
        )
    real_store.controls.disconnect("c7", SessionKey("anonymous", "nobody"))
    status, connection = gateway.connect(session_id="s")
    assert status == 200
    assert connection in real_store.controls.read([KEY])[KEY].connections


def test_pages_of_other_hosts_may_not_connect_unless_they_are_allowed(
    gateway: Gateway, environment: Environment
) -> None:
    def status(origin: str) -> int:
        return gateway.connect({"Host": "forge.test", "Origin": origin}, session_id="s")[0]

    assert [status(f"https://{host}.test") for host in ("evil", "good", "forge")] == [403, 403, 200]
    environment.set(CORS_ORIGINS="https://good.test")
    assert [status(f"https://{host}.test") for host in ("evil", "good", "forge")] == [403, 200, 200]
    environment.set(CORS_ORIGINS="*")
    assert status("https://evil.test") == 200


def test_a_throttled_socket_is_left_to_its_next_sync(
    gateway: Gateway, connections_server: ConnectionsServer
) -> None:
    _, connection = gateway.connect(session_id="s")
    connections_server.throttled.add(connection)
    assert gateway.say(connection, {"type": "ping"}) == []


@pytest.mark.parametrize(
    ("frame", "answer"),
    [
        ({"type": "ping", "since": 5}, "pong"),
        ({"type": "sync", "have": {"generation": 1, "messages": 0, "drafts": []}, "oldest": 3}, "state"),
    ],
)
def test_members_of_a_newer_version_are_ignored(
    gateway: Gateway, frame: dict[str, object], answer: str
) -> None:
    _, connection = gateway.connect(session_id="s")
    assert [told["type"] for told in gateway.say(connection, frame)] == [answer]


@pytest.mark.parametrize("frame", ["[]", "null", "7", '"sync"', "true", "[1]", "{}", '{"type": 5}'])
def test_a_frame_that_is_no_object_is_told_what_one_must_be(gateway: Gateway, frame: str) -> None:
    _, connection = gateway.connect(session_id="s")
    (told,) = gateway.say(connection, frame)
    assert told["detail"] == "The frame must be an object whose type is sync, ping or auth."


@pytest.mark.slow
@pytest.mark.parametrize("frame", ["[", "{}", '{"type": "nothing"}', '{"type": "sync", "newest": "x"}', "7"])
def test_frames_of_no_valid_form_have_a_price_and_a_flood_of_them_is_not_answered(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, frame: str
) -> None:
    """With prices of hours, so that no time passes in between."""
    monkeypatch.setattr("forge.api.entry.client_frames.WRONG_FRAME", WRONG_FRAME * HOURS)
    monkeypatch.setattr("forge.store.controls.FRAMES_AHEAD_MS", FRAMES_AHEAD_MS * HOURS)
    _, connection = gateway.connect(session_id="s")
    told = [answer["status"] for _ in range(50) for answer in gateway.say(connection, frame)]
    assert told == [400] * (FRAMES_AHEAD_MS // WRONG_FRAME) + [429]
    _, other = gateway.connect(session_id="s")
    assert [answer["type"] for answer in gateway.say(other, {"type": "ping"})] == ["pong"]

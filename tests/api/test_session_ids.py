"""In the cloud nobody can guess an anonymous session's id: the id is a random UUID, or the request is refused."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forge.models.ids import new_session_id
from local_dev.laptop_defaults import HERE
from tests.api.conftest import Environment
from tests.api.gateway import Gateway
from tests.template import variables
from tests.unlisted import tried

GUESSABLE = [
    "s1",
    "default",
    "00000000-0000-0000-0000-000000000000",
    "6ba7b810-9dad-11d1-80b4-00c04fd430c8",  # version 1: a clock and a network card
    "6ba7b810-9dad-41d1-00b4-00c04fd430c8",  # no such variant
    "6ba7b8109dad41d180b400c04fd430c8",
    "{6ba7b810-9dad-41d1-80b4-00c04fd430c8}"[1:-2],
]


def asked(gateway: Gateway, session_id: str) -> list[Any]:
    return [
        gateway.post("/api/chat", {"message": "hi", "session_id": session_id}),
        gateway.post("/api/system", {"message": "hi", "session_id": session_id}),
        gateway.post("/api/interrupt", {"session_id": session_id}),
        gateway.post("/api/mcp-command", {"command": "list_networks", "args": {}, "session_id": session_id}),
        gateway.get("/api/state", session_id=session_id),
    ]


@pytest.fixture
def cloud(gateway: Gateway, environment: Environment) -> Gateway:
    environment.set(ANONYMOUS_IDS="uuid4")
    return gateway


def test_the_cloud_wants_random_ids_and_a_laptop_does_not() -> None:
    assert variables()["ANONYMOUS_IDS"] == "uuid4"
    assert HERE["ANONYMOUS_IDS"] == "any"


@pytest.mark.parametrize("session_id", GUESSABLE)
def test_an_id_that_could_be_guessed_is_refused_in_words(cloud: Gateway, session_id: str) -> None:
    for answer in asked(cloud, session_id):
        assert answer.status == 400
        assert answer.headers["content-type"] == "application/problem+json"
        assert "version 4" in answer.json["detail"]


def test_locally_old_ids_keep_working(gateway: Gateway) -> None:
    assert [answer.status for answer in asked(gateway, "s1")] == [200] * 5


@pytest.mark.slow
def test_ids_of_the_server_and_of_any_client_that_makes_them_at_random_are_taken(cloud: Gateway) -> None:
    made = cloud.post("/api/chat", {"message": "hi"})
    assert made.status == 200
    for session_id in (made.json["session_id"], new_session_id(), new_session_id().upper()):
        assert [answer.status for answer in asked(cloud, session_id)] == [200] * 5


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.uuids(version=4)
    | st.uuids(version=1)
    | st.uuids(version=5)
    | st.from_regex(r"[A-Za-z0-9._~-]{1,40}", fullmatch=True)
)
def test_only_uuids_of_version_4_are_taken(cloud: Gateway, drawn: uuid.UUID | str) -> None:
    tried("session id of a stranger", str(drawn))
    is_random = isinstance(drawn, uuid.UUID) and drawn.version == 4
    assert cloud.get("/api/state", session_id=str(drawn)).status == (200 if is_random else 400)

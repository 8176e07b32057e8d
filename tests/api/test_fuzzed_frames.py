"""Frames of any form, on the socket's own functions: none is answered by a 5xx, and the session goes on.

`make fuzz` sends 100,000 of them, `make test` a sample.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.models.frame import SERVER_FRAME
from forge.models.prices import FRAMES, FRAMES_AHEAD_MS
from local_dev.socket_event import route_of
from tests.api.conftest import Environment
from tests.api.gateway import Gateway
from tests.properties import examples
from tests.template import socket_routes
from tests.unlisted import tried

EACH_KIND = 10_000
LONGEST = 32_000
REFUSED = {400, 401, 404, 409, 413, 429}

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
)
types = st.sampled_from(["sync", "ping", "auth", "state", "error", "$connect", "$default", ""]) | st.text(
    max_size=8
)
fields = st.sampled_from(["type", "have", "session_id", "newest", "ticket", "token", "frame"])
have_fields = st.sampled_from(["generation", "messages", "seq", "attempt", "length", "more"])
counts = st.integers(-(2**65), 2**65) | st.integers(0, 20)
syncs = st.fixed_dictionaries(
    {"type": st.just("sync")},
    optional={
        "session_id": st.sampled_from(["s", "other", "S"]) | st.none(),
        "have": st.dictionaries(have_fields, counts | scalars, max_size=5),
        "newest": counts | scalars,
    },
)
auths = st.fixed_dictionaries({"type": st.just("auth"), "ticket": st.text(max_size=140) | values})
pings = st.dictionaries(fields, values, max_size=2).map(lambda more: {**more, "type": "ping"})
near = syncs | auths | pings
openings = st.sampled_from(["[", '{"a":', '[{"type":', '{"type":"sync","have":', "[[", '{"have":['])


def written(value: Any) -> str:
    """Also what JSON does not know: NaN and Infinity."""
    return json.dumps(value, ensure_ascii=False)


def surrogate_free(text: str) -> str:
    """A frame is UTF-8."""
    return text.encode("utf-8", "replace").decode()


def cut(frame: str, at: int) -> str:
    return frame[: at % (len(frame) + 1)]


def replaced(frame: str, at: int, by: str) -> str:
    place = at % (len(frame) + 1)
    return frame[:place] + by + frame[place + 1 :]


def repeated(opening: str, times: int, end: str) -> str:
    return (opening * times)[:LONGEST] + end


def twice(first: Any, second: Any) -> str:
    """Each of its fields may be there twice."""
    return "{" + written(first)[1:-1] + "," + written(second)[1:-1] + "}"


KINDS: Mapping[str, st.SearchStrategy[str]] = {
    "any text": st.text(max_size=300),
    "any JSON": values.map(written),
    "an object with a type": st.builds(
        lambda more, kind: written({**more, "type": kind}), st.dictionaries(fields, values, max_size=5), types
    ),
    "almost a sync": syncs.map(written),
    "almost an auth": auths.map(written),
    "almost a ping": pings.map(written),
    "cut off": st.builds(cut, near.map(written), st.integers(0, 10_000)),
    "with a wrong character": st.builds(
        replaced, near.map(written), st.integers(0, 10_000), st.text(min_size=1, max_size=2)
    ),
    "nested": st.builds(
        repeated, openings, st.integers(1, 20_000), st.sampled_from(["", "]", "}", "1", "]" * 9_000])
    ),
    "with fields twice, and long numbers": st.builds(twice, near, near)
    | st.integers(1, 9_000).map(lambda digits: '{"type":"sync","newest":' + "9" * digits + "}")
    | st.integers(1, 9_000).map(lambda digits: '{"type":"sync","newest":1e' + "9" * digits + "}"),
}


class Tab:
    """Always has a connection that may send a frame: prices are tested elsewhere."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._spent = 0
        self._connection = self._opened()

    def say(self, frame: str) -> list[Any]:
        price = FRAMES.get(route_of(frame, "type", socket_routes()), 0)
        if self._spent + price > FRAMES_AHEAD_MS:
            self._gateway.leave(self._connection)
            self._connection, self._spent = self._opened(), 0
        self._spent += price
        return self._gateway.say(self._connection, frame)

    def _opened(self) -> str:
        status, connection = self._gateway.connect(session_id="s")
        assert status == 200
        return connection


@pytest.mark.hypothesis
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_of_any_form_is_answered_and_the_session_goes_on(
    gateway: Gateway, environment: Environment, kind: str
) -> None:
    environment.set(DEPLOYMENT_UNITS_PER_MINUTE="1000000000")
    gateway.post("/api/chat", {"message": "hello", "session_id": "s"})
    tab = Tab(gateway)

    @examples(40, EACH_KIND)
    @given(KINDS[kind].map(surrogate_free))
    def send(frame: str) -> None:
        tried(f"frames: {kind}", frame)
        answers = tab.say(frame)
        assert answers, "a frame was not answered"
        for answer in answers:
            SERVER_FRAME.validate_python(answer)
            assert answer["type"] != "error" or answer["status"] in REFUSED

    send()
    (pong,) = Tab(gateway).say('{"type": "ping"}')
    assert pong["type"] == "pong"
    assert gateway.post("/api/chat", {"message": "more", "session_id": "s"}).json["queued"]

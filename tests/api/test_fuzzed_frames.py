"""Frames of any form, sent to the socket's own functions: none is answered by a 5xx, and the session continues.

`make fuzz` sends 100,000 of them, `make test` a sample. They are sent ten at a time: one that Hypothesis makes, and
variants with randomly changed characters.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.api import dependencies
from forge.models.frame import SERVER_FRAME
from tests.api.conftest import Environment
from tests.api.gateway import Gateway
from tests.properties import examples
from tests.unlisted import tried

EACH_KIND = 1_000
CHANGED = 9
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


SIGNS = [
    *'{}[]":,\\',
    "0",
    "-",
    "1e999",
    "null",
    "true",
    "\\u0000",
    "\\ud800",
    "\x00",
    "\x7f",
    "\u202e",
    "🦊",
    " ",
    "\n",
]


def changed(frame: str) -> Iterator[str]:
    """The frame, and others beside it: always the same ones."""
    yield frame
    draw = random.Random(frame)
    for _ in range(CHANGED):
        for _ in range(draw.randint(1, 3)):
            at, end = sorted((draw.randint(0, len(frame)), draw.randint(0, len(frame))))
            piece = draw.choice(["", draw.choice(SIGNS), frame[at:end] * 2, frame[end:] + frame[at:end]])
            end = draw.choice([at, min(at + 1, len(frame)), end])
            frame = (frame[:at] + piece + frame[end:])[:LONGEST]
        yield frame


@dataclass(frozen=True, slots=True)
class Kept:
    """The frames that were posted; no connection is ever gone."""

    frames: dict[str, list[Any]]

    def post(self, connection_id: str, frame: str) -> None:
        assert len(frame.encode()) <= LONGEST
        self.frames[connection_id].append(json.loads(frame))

    def close(self, connection_id: str) -> None:
        raise AssertionError("no token of this connection can end")


@pytest.fixture
def talking(gateway: Gateway, environment: Environment, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    """Its caller may send as many frames as there are: prices are tested elsewhere."""
    environment.set(DEPLOYMENT_UNITS_PER_MINUTE="1000000000")
    monkeypatch.setattr("forge.store.controls.FRAMES_AHEAD_MS", 10**12)
    monkeypatch.setattr(dependencies, "connections", lambda: Kept(gateway.frames))
    return gateway


@pytest.mark.slow
@pytest.mark.hypothesis
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_of_any_form_is_answered_and_the_session_goes_on(talking: Gateway, kind: str) -> None:
    talking.post("/api/chat", {"message": "hello", "session_id": "s"})
    status, connection = talking.connect(session_id="s")
    assert status == 200

    @examples(8, EACH_KIND)
    @given(KINDS[kind].map(surrogate_free))
    def send(first: str) -> None:
        for frame in changed(first):
            tried(f"frames: {kind}", frame)
            answers = talking.say(connection, frame)
            assert answers, "a frame was not answered"
            for answer in answers:
                SERVER_FRAME.validate_python(answer)
                assert answer["type"] != "error" or answer["status"] in REFUSED
            talking.frames[connection].clear()

    send()
    (pong,) = talking.say(connection, '{"type": "ping"}')
    assert pong["type"] == "pong"
    assert talking.post("/api/chat", {"message": "more", "session_id": "s"}).json["queued"]

"""Reading costs units: an answer, a `sync` and an event are charged by their bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from forge.api import dependencies
from forge.api.entry.origin_check import EDGE_HEADER, VIEWER_HEADER, digest_of
from forge.api.open_streams import AT_EASE, StreamPlace
from forge.errors import RateLimited
from forge.models.request_prices import ANSWER_BYTES, EVENT_BYTES, Price
from forge.models.session_key import SessionKey
from forge.store import Store
from tests.api.conftest import Environment
from tests.api.gateway import Gateway
from tests.api.test_long_conversations import grow
from tests.patience import PATIENCE_SECONDS
from tests.store.scenes import counted

BURST = 40
LONG, SHORT = ["x" * 15_000] * 60, ["x"] * 60


@pytest.fixture
def poor(environment: Environment, still_clock: None) -> None:
    """A caller has `BURST` units at once, and time brings none."""
    environment.set(CALLER_UNITS_PER_MINUTE=str(3 * BURST))


def spend(payer: str, units: int) -> None:
    for _ in range(units):
        dependencies.store().admission.admit(payer, Price(1, 0, ()))


@pytest.mark.slow
@pytest.mark.parametrize(("contents", "answered"), [(LONG, 5), (SHORT, 30)])
def test_a_state_is_paid_for_by_its_bytes(
    gateway: Gateway,
    real_store: Store,
    environment: Environment,
    poor: None,
    contents: list[str],
    answered: int,
) -> None:
    """States of nine units each or of none, beside the one of each request; and a block that is not charged yet."""
    grow(gateway, real_store, contents, SessionKey("anonymous", "s"))
    environment.set(EDGE_DIGESTS=digest_of("secret"))
    stranger = {EDGE_HEADER: "secret", VIEWER_HEADER: "203.0.113.9"}
    asked = [gateway.call("GET", "/api/state?session_id=s", None, stranger) for _ in range(30)]
    assert [each.status for each in asked] == [200] * answered + [429] * (30 - answered)


@pytest.mark.slow
def test_a_sync_is_paid_for_by_its_bytes_and_a_refused_one_reads_nothing(
    gateway: Gateway, real_store: Store, dynamodb: Any, poor: None
) -> None:
    grow(gateway, real_store, LONG, SessionKey("anonymous", "s"))
    connections = [gateway.connect(session_id="s")[1] for _ in range(3)]
    said = [gateway.say(each, {"type": "sync"}) for each in connections]
    assert [frames[0]["type"] for frames in said] == ["state", "state", "error"]
    assert said[2][0]["status"] == 429
    with counted(dynamodb) as calls:
        (error,) = gateway.say(connections[2], {"type": "sync"})
    assert error["status"] == 429
    assert "GetItem" not in calls
    assert "Query" not in calls


async def endless(size: int, ended: asyncio.Event) -> AsyncGenerator[bytes]:
    try:
        while True:
            yield b"x" * size
    finally:
        ended.set()


@pytest.mark.parametrize(
    ("size", "most"),
    [(10 * ANSWER_BYTES, BURST // 10), (1, BURST * ANSWER_BYTES // EVENT_BYTES)],
    ids=["long events", "short events"],
)
async def test_a_stream_is_paid_for_by_its_bytes_and_ends_when_nothing_is_left(
    gateway: Gateway, poor: None, size: int, most: int
) -> None:
    ended = asyncio.Event()
    async with asyncio.timeout(PATIENCE_SECONDS):
        seen = [event async for event in StreamPlace("p").holding(endless(size, ended))]
    assert most <= len(seen) - 1 <= most * 1.2 + 1
    assert seen[-1].startswith(b"retry: ")
    assert ended.is_set()
    with pytest.raises(RateLimited):
        spend("p", BURST)


async def test_the_streams_of_one_caller_together_look_as_often_as_a_few(gateway: Gateway) -> None:
    places = [StreamPlace("p") for _ in range(3 * AT_EASE)]
    streams = [each.holding(endless(1, asyncio.Event())) for each in places]
    for stream in streams:
        await anext(stream)
    assert {each.slowness() for each in places} == {3.0}
    assert StreamPlace("other").slowness() == StreamPlace("").slowness() == 1.0
    for stream in streams[AT_EASE:]:
        await stream.aclose()
    assert places[0].slowness() == 1.0
    for stream in streams[:AT_EASE]:
        await stream.aclose()

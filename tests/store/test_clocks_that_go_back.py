"""A clock that was ahead leaves nothing that refuses people until the time that it showed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from forge.errors import RateLimited
from forge.models.request_prices import Price
from forge.models.session import Connection
from forge.models.session_key import SessionKey
from forge.store import Store
from forge.store.config import CLOCK_MARGIN_SECONDS
from tests.clock import Clock
from tests.store.scenes import KEY, submission
from tests.unlisted import tried

MOST = 2_000
DAY_MS = 86_400_000
OWNED = SessionKey("alice", "s1")


def say(store: Store, key: SessionKey) -> None:
    """Accept a message and take it back, so that only the rate is used up."""
    message = submission()
    store.inbox.accept(key, message)
    store.inbox.withdraw(key, [message.run_id])


def frame(store: Store) -> None:
    connection = Connection(connection_id="c", key=KEY, connected_at=0, until=None, origin="", payer="p")
    if store.controls.connection("c") is None:
        store.controls.connect(connection)
    store.controls.heard("c", 1_000)


CHARGES: dict[str, Callable[[Store], object]] = {
    "a conversation's messages": lambda store: say(store, KEY),
    "an owner's messages": lambda store: say(store, OWNED),
    "commands": lambda store: store.admission.command(KEY, 1),
    "a caller": lambda store: store.admission.admit("caller", Price(20, 0, ())),
    "the deployment": lambda store: store.admission.admit(None, Price(0, 1_000, ())),
    "frames of a connection": frame,
}


def used_up(store: Store, charge: Callable[[Store], object]) -> None:
    """Charge until it is refused."""
    allowed = 0
    with suppress(RateLimited):
        while allowed < MOST:
            charge(store)
            allowed += 1
    assert 0 < allowed < MOST


@pytest.mark.slow
@pytest.mark.parametrize("kind", CHARGES)
@pytest.mark.parametrize("jump", [CLOCK_MARGIN_SECONDS * 10_000, 3_600_000, DAY_MS, 400 * DAY_MS])
def test_a_rate_that_was_charged_by_a_clock_that_was_ahead_counts_as_none(
    store: Store, clock: Clock, kind: str, jump: int
) -> None:
    tried("rates after a clock that was ahead", (kind, jump))
    clock.advance(jump)
    used_up(store, CHARGES[kind])
    clock.advance(-jump)
    CHARGES[kind](store)
    used_up(store, CHARGES[kind])


@pytest.mark.slow
@pytest.mark.parametrize("jump", [70_000, 90_000, 120_000, 600_000])
def test_a_connection_is_not_refused_when_the_time_comes_that_the_clock_showed(
    store: Store, clock: Clock, jump: int
) -> None:
    clock.advance(jump)
    used_up(store, CHARGES["frames of a connection"])
    clock.advance(-jump)
    for _ in range(jump // 1_000 + 5):
        CHARGES["frames of a connection"](store)
        clock.advance(1_000)


@pytest.mark.slow
@pytest.mark.parametrize("kind", CHARGES)
def test_clocks_that_differ_a_little_give_no_more_than_the_rate(
    store: Store, clock: Clock, kind: str
) -> None:
    """Several functions charge one rate, and the clock of one may be behind."""
    used_up(store, CHARGES[kind])
    clock.advance(-CLOCK_MARGIN_SECONDS * 1_000 + 1)
    with pytest.raises(RateLimited):
        CHARGES[kind](store)

"""A request that waits for a worker holds a function: beyond a moment it needs a place, of which each caller has a
limited share.
"""

from __future__ import annotations

from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any, cast

import pytest

from forge.api import dependencies, mcp_commands, waiting_for_workers
from forge.api.entry.origin_check import EDGE_HEADER, VIEWER_HEADER, digest_of
from forge.api.entry.request_payer import payer_digest, prefix_of
from forge.models.session import Catalog
from forge.store.limits.waiting_requests import CALLERS_SHARE
from tests.api.conftest import Environment
from tests.api.gateway import Answer, Gateway
from tests.store.scenes import counted

SECRET = "s" * 40
ADDRESS = "203.0.113.9"
ELSEWHERE = "198.51.100.7"
PLACES = 2


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited, each time; nobody really waits."""
    passed: list[float] = []
    clock = SimpleNamespace(sleep=passed.append, monotonic=lambda: sum(passed))
    for module in (waiting_for_workers, mcp_commands):
        monkeypatch.setattr(module, "time", clock)
    return passed


@pytest.fixture
def crowded(gateway: Gateway, environment: Environment, catalog: Catalog) -> Gateway:
    """Strangers come through the distribution, and those of one address hold all the places that they may."""
    environment.set(EDGE_DIGESTS=digest_of(SECRET), DEPLOYMENT_WAITS=str(PLACES * CALLERS_SHARE))
    for number in range(PLACES):
        dependencies.store().waits.open(payer(ADDRESS), f"held{number}", dependencies.now() + 60_000)
    return gateway


def payer(address: str) -> str:
    return payer_digest(prefix_of(address) or "")


def post(gateway: Gateway, path: str, body: Any, address: str, **headers: str) -> Answer:
    came = {EDGE_HEADER: SECRET, VIEWER_HEADER: address}
    return gateway.post(path, body, **came, **headers)


def say(gateway: Gateway, address: str, wait: int = 20) -> Answer:
    return post(gateway, "/api/chat", {"message": "nobody works"}, address, prefer=f"wait={wait}")


def call_tool(gateway: Gateway, address: str) -> Answer:
    body = {"command": "call_tool", "args": {"name": "balance", "arguments": {}}}
    return post(gateway, "/api/mcp-command", body, address)


def test_a_message_beyond_its_callers_share_is_answered_after_a_moment(
    crowded: Gateway, pauses: list[float]
) -> None:
    answer = say(crowded, ADDRESS)
    assert (answer.status, answer.json["is_processing"]) == (200, True)
    assert 0 < sum(pauses) <= waiting_for_workers.MOMENT_SECONDS


def test_a_command_beyond_its_callers_share_is_told_when_to_come_back(
    crowded: Gateway, pauses: list[float]
) -> None:
    answer = call_tool(crowded, ADDRESS)
    assert (answer.status, answer.headers["content-type"]) == (429, "application/problem+json")
    assert int(answer.headers["retry-after"]) >= 1
    assert 0 < sum(pauses) <= waiting_for_workers.MOMENT_SECONDS


@pytest.mark.slow
def test_others_wait_meanwhile_and_leave_no_place_taken(crowded: Gateway, pauses: list[float]) -> None:
    for _ in range(2 * PLACES):
        pauses.clear()
        assert say(crowded, ELSEWHERE).status == 200
        assert 18 < sum(pauses) <= 20
    pauses.clear()
    assert call_tool(crowded, ELSEWHERE).json["success"] is False
    assert sum(pauses) >= mcp_commands.PATIENCE_SECONDS


@pytest.mark.slow
def test_who_waits_for_a_moment_only_writes_nothing_for_it(
    crowded: Gateway, environment: Environment, pauses: list[float]
) -> None:
    environment.set(CALLER_UNITS_PER_MINUTE="60000")  # its charges come in large blocks
    written: list[int] = []
    for wait in (0, 1, 20):
        with counted(cast(Any, dependencies.store()).sessions.table._client) as calls:
            assert say(crowded, ELSEWHERE, wait=wait).status == 200
        written.append(calls.count("UpdateItem"))
    assert written[0] == written[1] < written[2]


@pytest.mark.slow
def test_a_wait_is_paid_for(crowded: Gateway, environment: Environment, pauses: list[float]) -> None:
    """25 units at once: a message that waits costs 10 of them, so the third one does not wait."""
    environment.set(CALLER_UNITS_PER_MINUTE="75")
    waited: list[bool] = []
    for _ in range(3):
        pauses.clear()
        assert say(crowded, ELSEWHERE).status == 200
        waited.append(sum(pauses) > waiting_for_workers.MOMENT_SECONDS)
    assert waited == [True, True, False]


def test_this_computers_own_user_waits_although_others_hold_all_places(
    gateway: Gateway, environment: Environment, pauses: list[float]
) -> None:
    environment.set(DEPLOYMENT_WAITS="1")
    dependencies.store().waits.open("stranger", "held", dependencies.now() + 60_000)
    assert gateway.post("/api/chat", {"message": "hi"}, prefer="wait=5").json["is_processing"]
    assert 3 < sum(pauses) <= 5


@pytest.mark.slow
def test_slow_commands_leave_threads_to_other_requests_of_this_process(
    gateway: Gateway, catalog: Catalog, pauses: list[float]
) -> None:
    """Also those of this computer's own user: locally all requests of a function share its threads."""
    body = {"command": "call_tool", "args": {"name": "balance", "arguments": {}}}
    with ExitStack() as others:
        for _ in range(waiting_for_workers.MOST_WAITING):
            wait = others.enter_context(waiting_for_workers.waiting("", waiting_for_workers.command_places))
            wait.pause(waiting_for_workers.MOMENT_SECONDS + 1)
        pauses.clear()
        answer = gateway.post("/api/mcp-command", body)
        assert (answer.status, answer.headers["content-type"]) == (429, "application/problem+json")
        assert 0 < sum(pauses) <= waiting_for_workers.MOMENT_SECONDS
    for _ in range(waiting_for_workers.MOST_WAITING + 1):  # each gives its place back
        pauses.clear()
        assert gateway.post("/api/mcp-command", body).json["success"] is False
        assert sum(pauses) >= mcp_commands.PATIENCE_SECONDS

"""The price list at the edge: who is charged, and what a caller who has used up their rate is told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.api.entry.request_payer import prefix_of
from forge.models.frame import CLIENT_FRAME
from forge.models.request_prices import FRAMES, ROUTES
from forge.models.session import Catalog
from tests.api.conftest import Environment
from tests.api.gateway import Gateway
from tests.template import http_routes
from tests.unlisted import tried

OTHERS = {"$connect", "GET /api/chat/stream"}
"""A socket's handshake, and the route that has a function URL instead of an event."""


def test_each_route_and_each_frame_has_a_price_and_nothing_else_has() -> None:
    assert set(ROUTES) == {f"{route.method} {route.path}" for route in http_routes()} | OTHERS
    schema = CLIENT_FRAME.json_schema()
    assert set(FRAMES) == set(schema["discriminator"]["mapping"])


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("203.0.113.7", "203.0.113.250", True),
        ("203.0.113.7", "203.0.114.7", False),
        ("2001:db8:0:1::1", "2001:db8:0:ff::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:100::1", False),
        ("::ffff:203.0.113.7", "203.0.113.9", True),
        ("fe80::1%eth0", "fe80::2", True),
        ("not an address", "", True),
    ],
)
def test_a_prefix_is_what_one_customer_has(one: str, other: str, is_same: bool) -> None:
    assert (prefix_of(one) == prefix_of(other)) is is_same


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6), st.integers(0, 255))
def test_addresses_of_one_prefix_pay_together(address: Any, last: int) -> None:
    tried("caller's address", address)
    neighbour = type(address)(int(address) ^ last)
    if not any(each.is_loopback or getattr(each, "ipv4_mapped", None) for each in (address, neighbour)):
        assert prefix_of(str(address)) == prefix_of(str(neighbour))


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_the_user_of_this_computer_is_no_stranger(address: str) -> None:
    assert prefix_of(address) is None


def refused(gateway: Gateway, command: str, **args: Any) -> Any:
    answers = [
        gateway.post("/api/mcp-command", {"command": command, "args": args, "session_id": "s"})
        for _ in range(5)
    ]
    return [answer for answer in answers if answer.status == 429]


@pytest.mark.slow
def test_commands_use_up_the_rate_of_their_session(
    gateway: Gateway, catalog: Catalog, environment: Environment
) -> None:
    environment.set(RATE_LIMIT_BURST="3", RATE_LIMIT_PER_MINUTE="1")
    (first, _) = refused(gateway, "set_network", network="base")
    assert int(first.headers["retry-after"]) >= 1
    assert first.headers["content-type"] == "application/problem+json"
    assert len(refused(gateway, "call_tool", name="balance")) == 5
    assert not refused(gateway, "list_tools")


def test_above_the_roof_everybody_is_told_when_to_come_back(
    gateway: Gateway, environment: Environment
) -> None:
    environment.set(DEPLOYMENT_UNITS_PER_MINUTE="6")
    statuses = [gateway.get("/api/state", session_id=f"s{number}").status for number in range(6)]
    assert statuses[:2] == [200, 200]
    assert statuses[-1] == 429
    assert gateway.get("/health").status == 200

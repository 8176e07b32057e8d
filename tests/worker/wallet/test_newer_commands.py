"""A command of a router that older and newer versions read in different ways is read in both, and is a danger."""

from __future__ import annotations

import pytest

from tests.worker.wallet.giving_calls import PERMIT_SINGLE, ROUTER, THIEF, router
from tests.worker.wallet.test_giving_calls import found_in
from worker.agent.wallet.review.known_functions.router import MAY_FAIL, NEWER, router_commands


@pytest.mark.parametrize("may_fail", [0, MAY_FAIL])
@pytest.mark.parametrize("command", sorted(router_commands()))
def test_a_command_of_two_meanings_is_a_danger(command: int, may_fail: int) -> None:
    _, warnings = found_in(router(bytes([command | NEWER | may_fail]), [PERMIT_SINGLE]), ROUTER)
    assert ("not_understood", "danger") in [(each.code, each.severity) for each in warnings]


@pytest.mark.parametrize("bits", [0, MAY_FAIL, NEWER, NEWER | MAY_FAIL])
def test_what_an_older_router_gives_away_by_it_is_named(bits: int) -> None:
    allowances, _ = found_in(router(bytes([0x0A | bits]), [PERMIT_SINGLE]), ROUTER)
    assert [each.spender.lower() for each in allowances] == [THIEF]

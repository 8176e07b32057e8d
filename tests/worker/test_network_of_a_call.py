"""A tool's call is made on the session's network, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unlisted import tried
from worker.agent.tools.session_network import on_network
from worker.tool_outcomes import ToolRefused


@pytest.mark.parametrize("arguments", [{}, {"network": None}, {"network": "sepolia"}])
def test_a_call_gets_the_sessions_network(arguments: dict[str, str | None]) -> None:
    assert on_network({**arguments, "who": "Bob"}, "sepolia") == {"network": "sepolia", "who": "Bob"}


@given(
    meant=st.one_of(st.text(), st.booleans(), st.integers(), st.lists(st.text())).filter(
        lambda it: it != "sepolia"
    )
)
def test_a_call_that_means_another_network_is_refused_and_not_answered_for_this_one(meant: object) -> None:
    tried("networks that a call means", repr(meant))
    with pytest.raises(ToolRefused, match="set_network"):
        on_network({"network": meant}, "sepolia")

"""What a server says of itself in its handshake costs none of its tools, whatever its form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp_types import InitializeResult, LoggingCapability, ServerCapabilities, methods
from mcp_types.version import LATEST_HANDSHAKE_VERSION

from tests.mcp_servers.external.test_servers import names, opened
from tests.mcp_servers.external.web_stranger import DISCOVERED, web_stranger
from tests.properties import examples
from tests.unlisted import tried
from worker.agent.tools.external.handshake_repair import is_handshake, repair_cursor, repair_handshake

CAPABILITIES = list(ServerCapabilities.model_fields)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from([*CAPABILITIES, "name", "version", "listChanged", "requests", "x"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=5,
)
FIELDS = ["protocolVersion", "capabilities", "serverInfo", "instructions", "_meta", "x"]


@examples(200, in_search=4_000)
@given(said=st.dictionaries(st.sampled_from(FIELDS), ANYTHING))
def test_any_handshake_can_be_read(said: dict[str, Any]) -> None:
    tried("handshakes", said)
    result = {"serverInfo": None, **said}
    assert is_handshake(result)
    repair_handshake(result)
    methods.parse_server_result("initialize", LATEST_HANDSHAKE_VERSION, result)


@pytest.mark.parametrize(
    "bad",
    [
        {"capabilities": {"tools": {"listChanged": -1}, "logging": {}}},
        {"capabilities": {"experimental": {"x": 1}, "logging": {}}},
        {"capabilities": {"tasks": {"requests": []}, "logging": {}}},
        {"_meta": {"progressToken": []}, "capabilities": {"logging": {}}},
        {"protocolVersion": 1, "capabilities": {"logging": {}}},
        {"instructions": {}, "capabilities": {"logging": {}}},
    ],
    ids=str,
)
def test_a_part_that_cannot_be_read_costs_the_handshake_only_that_part(bad: dict[str, Any]) -> None:
    result = {"serverInfo": {"name": "s", "version": 2}, **bad}
    repair_handshake(result)
    read = InitializeResult.model_validate(result, by_name=False)
    assert read.capabilities == ServerCapabilities(logging=LoggingCapability())
    assert (read.server_info.name, read.server_info.version) == ("s", "2")


async def test_the_tools_of_a_server_without_a_name_are_offered(tmp_path: Path) -> None:
    """As servers write by hand: no version, no capabilities, and a last page that is told by `false`."""
    odd = {"protocolVersion": None, "capabilities": None, "serverInfo": {"name": "s"}, "instructions": []}
    async with (
        web_stranger(handshake=odd, listing={"nextCursor": False}) as web,
        opened(tmp_path, {"web": {"url": web.url}}) as external,
    ):
        assert await names(external) == {"web_pay"}
        assert external.faults() == []


def test_what_a_server_tells_before_any_handshake_is_none() -> None:
    assert not is_handshake(DISCOVERED["result"])


@pytest.mark.parametrize(
    ("given_", "read"), [("", ""), ("2", "2"), (2, "2"), (0, None), (None, None), (False, None)]
)
def test_a_cursor_is_a_text_or_the_end(given_: Any, read: str | None) -> None:
    result: dict[str, Any] = {"tools": [], "nextCursor": given_}
    repair_cursor(result)
    assert result.get("nextCursor") == read

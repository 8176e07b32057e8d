"""The help lists everything that works in this set-up, and nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_ai.tools import ToolDefinition

from tests.unlisted import tried
from tests.worker_llm.test_grammar import TOOLS
from tests.worker_llm.test_offline_commands import ANSWERED_WITHOUT_TOOLS, filled
from worker.agent.llm.local_model_input import RunSoFar
from worker.agent.llm.offline.help import EXAMPLES, help_text
from worker.agent.llm.offline.model import decide
from worker.agent.llm.offline.plans import Step
from worker.agent.llm.offline.tool_calls import ToolCalls
from worker.agent.tool_effects import HERE, Here
from worker.mcp_servers import brave_search, etherscan
from worker.mcp_servers.server_base import LACKS_META, NETWORKS_META

NAMES = [tool.name for tool in TOOLS]
ON_TESTNET = Here("testnet", True, ("base",))


def with_metadata(tool: ToolDefinition, here: Here, **meta: Any) -> ToolDefinition:
    own = {HERE: here} if tool.name == "set_network" else {}
    return replace(tool, metadata={**own, "meta": meta})


def offered(here: Here, **metas: dict[str, Any]) -> list[ToolDefinition]:
    return [with_metadata(tool, here, **metas.get(tool.name, {})) for tool in TOOLS]


def commands(tools: list[ToolDefinition]) -> list[str]:
    """The lines of the one block that is marked as commands."""
    [block] = re.findall(r"^```command\n(.*?)\n```$", help_text(ToolCalls(tools)), re.MULTILINE | re.DOTALL)
    return block.split("\n")


@pytest.mark.parametrize(
    ("here", "listed", "missing"),
    [
        (ON_TESTNET, "send 1 ETH from Alice to Bob", "balance of 0x…"),
        (ON_TESTNET, "switch to base", "switch to testnet"),
        (Here("base", False, ("testnet",)), "balance of 0x…", "send 1 ETH from Alice to Bob"),
        (Here("base", False, ()), "block", "switch to"),
        (Here("base", False, ()), "send 0.1 ETH to 0x… with my wallet", "Alice"),
    ],
)
def test_the_network_decides(here: Here, listed: str, missing: str) -> None:
    said = commands(offered(here))
    assert listed in said
    assert not any(each.startswith(missing) or (missing == "Alice" and "Alice" in each) for each in said)


@pytest.mark.parametrize(
    ("meta", "is_listed", "names_key"),
    [
        ({}, True, False),
        ({LACKS_META: "ETHERSCAN_API_KEY"}, False, True),
        ({NETWORKS_META: ["mainnet", "base"]}, False, False),
        ({NETWORKS_META: ["testnet"]}, True, False),
    ],
)
def test_keys_and_the_networks_of_a_tool_decide(
    meta: dict[str, Any], is_listed: bool, names_key: bool
) -> None:
    tools = offered(ON_TESTNET, get_contract_abi=meta)
    assert ("contract abi of 0x…" in commands(tools)) == is_listed
    assert ("ETHERSCAN_API_KEY" in help_text(ToolCalls(tools))) == names_key


@given(
    names=st.sets(st.sampled_from(NAMES)),
    missing=st.sets(st.sampled_from(NAMES)),
    network=st.from_regex(r"[a-z]{1,8}", fullmatch=True),
    sends=st.booleans(),
    others=st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True), max_size=3),
)
def test_every_command_that_is_listed_is_understood_and_calls_a_tool_that_works(
    names: set[str], missing: set[str], network: str, sends: bool, others: list[str]
) -> None:
    here = Here(network, sends, tuple(others))
    metas = {name: {LACKS_META: "SOME_KEY"} for name in missing}
    tools = [tool for tool in offered(here, **metas) if tool.name in names]
    tried("set-ups of the offline operator's help", (sorted(names), sorted(missing), here))
    for said in commands(tools):
        found = decide(RunSoFar(filled(said), []), ToolCalls(tools))
        if said in ANSWERED_WITHOUT_TOOLS:
            continue
        assert isinstance(found, Step), said
        assert {call.name for call in found.calls} <= names - missing | {"set_network"}, said


def test_each_example_is_listed_somewhere() -> None:
    everywhere = commands(offered(ON_TESTNET)) + commands(offered(Here("base", False, ())))
    assert {each.say for each in EXAMPLES} <= set(everywhere)


@pytest.mark.parametrize("server", [etherscan, brave_search])
async def test_a_server_says_of_its_tools_what_they_lack(server: Any) -> None:
    variable = {brave_search: "BRAVE_SEARCH_API_KEY", etherscan: "ETHERSCAN_API_KEY"}[server]
    for key, lacked in (("", variable), ("k", None)):
        tools = await server.build({variable: key}).list_tools()
        assert {(tool.meta or {}).get(LACKS_META) for tool in tools} == {lacked}

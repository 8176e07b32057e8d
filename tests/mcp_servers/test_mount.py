"""What the worker mounts."""

from __future__ import annotations

import math
import re
import time

import pytest
from fastmcp import Client

from local_dev.repository import ROOT
from worker.ethereum.known_networks import KNOWN_NETWORKS, configured_networks, rpc_variable
from worker.mcp_servers import evm
from worker.mcp_servers.own_servers import mount, networks


def documented() -> dict[str, set[str]]:
    """The tools of each server by the first table of docs/tools.md."""
    table = (ROOT / "docs/tools.md").read_text().partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", table, re.MULTILINE)
    return {server: set(re.findall(r"\w+", tools)) for server, tools in rows}


async def test_the_servers_offer_the_documented_tools_under_names_of_their_own() -> None:
    offered = {name: [tool.name for tool in await server.list_tools()] for name, server in mount({})}
    listed = documented()
    assert set(offered) == set(listed), "give each mounted server a row in the first table of docs/tools.md"
    for name, tools in offered.items():
        differing = set(tools) ^ listed[name]
        assert not differing, f"{name} and its row in docs/tools.md differ in the tools {differing}"
    names = [tool for tools in offered.values() for tool in tools]
    assert len(names) == len(set(names))


async def test_every_tool_is_described_and_annotated_and_only_send_changes_anything() -> None:
    for _, server in mount({}):
        for tool in await server.list_tools():
            assert tool.description, f"describe {tool.name} to the LLM in a docstring"
            hints = tool.annotations
            assert hints is not None, f"annotate {tool.name} with READS, PURE or SENDS"
            changes = tool.name == "send"
            assert (hints.read_only_hint, hints.idempotent_hint, hints.destructive_hint) == (
                not changes,
                not changes,
                changes,
            ), f"{tool.name} is annotated as if it sent, or `send` as if it did not"


async def test_tools_of_a_chain_take_a_network_and_have_a_default_for_it() -> None:
    without = {
        "list_networks",
        "get_current_time",
        "decode_function_call",
        "brave_search",
        "search_uniswap_docs",
    }
    for _, server in mount({}):
        for tool in await server.list_tools():
            has_network = "network" in tool.parameters["properties"]
            assert has_network == (tool.name not in without), (
                f"{tool.name} needs a parameter `network`, or a place among those `without` one in this test"
            )
            assert "network" not in tool.parameters.get("required", [])


def test_a_network_is_there_exactly_if_its_url_is_configured() -> None:
    assert networks({}) == []
    for known in KNOWN_NETWORKS:
        assert networks({rpc_variable(known.name): "http://node"}) == [known]
    assert rpc_variable("linea-sepolia") == "LINEA_SEPOLIA_RPC_URL"
    assert [info.name for info in networks({"BASE_RPC_URL": " ", "MAINNET_RPC_URL": "http://x"})] == [
        "mainnet"
    ]


def test_a_networks_url_is_not_shown_with_it() -> None:
    network = configured_networks({"MAINNET_RPC_URL": "https://node.example/secret"})["mainnet"]
    assert "secret" not in repr(network)


@pytest.mark.chain
async def test_a_call_in_this_process_costs_little_beyond_the_chains_answer(anvil: str) -> None:
    """The budget is 5 ms; the bench measures it, this catches a different order of magnitude.

    The quickest of many calls was not delayed by what else the computer does.
    """
    async with Client(evm.build({"TESTNET_RPC_URL": anvil})) as client:
        await client.call_tool("balance", {"who": "Alice"})
        quickest = math.inf
        for _ in range(50):
            started = time.perf_counter()
            await client.call_tool("balance", {"who": "Alice"})
            quickest = min(quickest, time.perf_counter() - started)
    assert quickest < 0.05

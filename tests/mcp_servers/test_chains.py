"""A network is the chain that its node serves now, not the one that it served once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.errors import InvalidRequest
from tests.mcp_servers.conftest import FakeApi
from tests.unlisted import tried
from worker.ethereum.chains import Chains
from worker.ethereum.known_networks import KNOWN_NETWORKS, TEST_CHAIN_IDS, configured_networks
from worker.tool_outcomes import ToolRefused


def answering(api: FakeApi, *results: object) -> None:
    for result in results:
        api.will_answer({"jsonrpc": "2.0", "id": 1, "result": result})


async def test_a_node_that_comes_to_serve_another_chain_is_refused(api: FakeApi) -> None:
    answering(api, "0x2105", "0x5", "0x6", "0x1")
    base = Chains.from_environment({"BASE_RPC_URL": api.url}).get("base")
    assert await base.read("eth_blockNumber") == "0x5"
    assert await base.read("eth_blockNumber") == "0x6"
    base.pacing = replace(base.pacing, chain_id_seconds=-1.0)
    with pytest.raises(ToolRefused, match="serves chain 1, not 8453: BASE_RPC_URL"):
        await base.read("eth_blockNumber")
    await base.close()


async def test_nothing_is_sent_to_a_node_before_it_was_asked_again(api: FakeApi) -> None:
    answering(api, "0x7a69", "0x5", "0x1")
    testnet = Chains.from_environment({"TESTNET_RPC_URL": api.url}).get("testnet")
    await testnet.read("eth_blockNumber")
    with pytest.raises(ToolRefused, match="may be a public network"):
        await testnet.write("eth_sendTransaction", {})
    sent = [await request.json() for request in api.requests]
    assert [each["method"] for each in sent] == ["eth_chainId", "eth_blockNumber", "eth_chainId"]
    await testnet.close()


async def test_a_test_network_with_a_public_networks_id_is_refused(api: FakeApi) -> None:
    """A fork keeps the id of its origin: what a wallet signs for it could be sent there, with real money."""
    answering(api, "0x1")
    testnet = Chains.from_environment({"TESTNET_RPC_URL": api.url}).get("testnet")
    with pytest.raises(ToolRefused, match="--chain-id 31337"):
        await testnet.account("Alice")
    await testnet.close()


PUBLIC = (
    1,
    10,
    56,
    100,
    137,
    250,
    324,
    1101,
    8453,
    42161,
    42220,
    43114,
    59144,
    534352,
    11155111,
    17000,
    421614,
)


@pytest.mark.parametrize("chain_id", PUBLIC)
async def test_no_public_network_is_a_test_network(api: FakeApi, chain_id: int) -> None:
    answering(api, hex(chain_id))
    testnet = Chains.from_environment({"TESTNET_RPC_URL": api.url}).get("testnet")
    with pytest.raises(ToolRefused, match="TESTNET_CHAIN_ID"):
        await testnet.read("eth_accounts")
    await testnet.close()


@pytest.mark.parametrize(
    ("chain_id", "named"), [(31337, ""), (1337, ""), (424242, "424242"), (1337, "424242"), (31337, " 7 ")]
)
async def test_a_development_nodes_ids_and_the_one_that_the_operator_names_are(
    api: FakeApi, chain_id: int, named: str
) -> None:
    answering(api, hex(chain_id), "0x5")
    testnet = Chains.from_environment({"TESTNET_RPC_URL": api.url, "TESTNET_CHAIN_ID": named}).get("testnet")
    assert await testnet.read("eth_blockNumber") == "0x5"
    await testnet.close()


@given(st.integers(1, 2**64))
def test_no_other_id_is_allowed_unasked(chain_id: int) -> None:
    tried("chain ids", chain_id)
    unasked = configured_networks({"TESTNET_RPC_URL": "http://127.0.0.1:1"})["testnet"].chain_ids
    assert (chain_id in unasked) == (chain_id in TEST_CHAIN_IDS)


@pytest.mark.parametrize("known", [info.chain_id for info in KNOWN_NETWORKS if info.name != "testnet"])
def test_not_even_the_operator_makes_a_known_network_a_test_network(known: int) -> None:
    named = {"TESTNET_RPC_URL": "http://127.0.0.1:1", "TESTNET_CHAIN_ID": str(known)}
    assert known not in configured_networks(named)["testnet"].chain_ids


@pytest.mark.parametrize("named", ["0x7a69", "testnet", "-1", "1.5", "\u0661"])
def test_a_name_that_is_no_number_is_said(named: str) -> None:
    with pytest.raises(InvalidRequest, match="TESTNET_CHAIN_ID"):
        configured_networks({"TESTNET_RPC_URL": "http://127.0.0.1:1", "TESTNET_CHAIN_ID": named})

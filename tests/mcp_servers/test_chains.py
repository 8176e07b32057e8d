"""A network is the chain that its node serves now, not the one that it served once."""

from __future__ import annotations

import pytest

from tests.mcp_servers.conftest import FakeApi
from worker.mcp_servers import chains as module
from worker.mcp_servers.chains import Chains
from worker.mcp_servers.toolbox import ToolRefused


def answering(api: FakeApi, *results: object) -> None:
    for result in results:
        api.will_answer({"jsonrpc": "2.0", "id": 1, "result": result})


async def test_a_node_that_comes_to_serve_another_chain_is_refused(
    api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(api, "0x2105", "0x5", "0x6", "0x1")
    base = Chains.from_environment({"BASE_RPC_URL": api.url}).get("base")
    assert await base.read("eth_blockNumber") == "0x5"
    assert await base.read("eth_blockNumber") == "0x6"
    monkeypatch.setattr(module, "CHAIN_ID_SECONDS", -1.0)
    with pytest.raises(ToolRefused, match="serves chain 1, not 8453: BASE_RPC_URL"):
        await base.read("eth_blockNumber")
    await base.close()


async def test_nothing_is_sent_to_a_node_before_it_was_asked_again(api: FakeApi) -> None:
    answering(api, "0x7a69", "0x5", "0x1")
    testnet = Chains.from_environment({"TESTNET_RPC_URL": api.url}).get("testnet")
    await testnet.read("eth_blockNumber")
    with pytest.raises(ToolRefused, match="the id of a public network"):
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

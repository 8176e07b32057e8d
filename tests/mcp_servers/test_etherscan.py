"""Against a local server that answers as Etherscan API v2 does, its failures (HTTP 200, status 0) included."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastmcp import Client
from fastmcp.exceptions import ToolError

from tests.mcp_servers.conftest import QUICK, FakeApi, answer_of
from worker.mcp_servers import etherscan

USDC = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
ABI = [
    {
        "type": "function",
        "name": "transfer",
        "stateMutability": "nonpayable",
        "inputs": [{"name": "to", "type": "address"}, {"name": "value", "type": "uint256"}],
        "outputs": [{"name": "", "type": "bool"}],
    },
    {
        "type": "function",
        "name": "quote",
        "stateMutability": "view",
        "inputs": [
            {
                "name": "path",
                "type": "tuple[]",
                "components": [{"name": "token", "type": "address"}, {"name": "fee", "type": "uint24"}],
            }
        ],
        "outputs": [],
    },
    {"type": "event", "name": "Paused", "inputs": [{"name": "by", "type": "address"}]},
    {"type": "constructor", "inputs": []},
]
ROW = {
    "blockNumber": "20000000",
    "timeStamp": "1717281407",
    "hash": "0x" + "1" * 64,
    "from": USDC.lower(),
    "to": "",
    "value": "1500000000000000000",
    "gasPrice": "1000000000",
    "gasUsed": "21000",
    "isError": "1",
    "methodId": "0xa9059cbb",
    "functionName": "",
    "contractAddress": USDC.lower(),
}


def answer(result: Any, status: str = "1", message: str = "OK") -> dict[str, Any]:
    return {"status": status, "message": message, "result": result}


@pytest.fixture
async def tools(api: FakeApi) -> AsyncIterator[Client[Any]]:
    environment = {"ETHERSCAN_URL": api.url + "/v2/api", "ETHERSCAN_API_KEY": "the-key"}
    async with Client(etherscan.build(environment, QUICK)) as client:
        yield client


async def refused(tools: Client[Any], name: str = "get_contract_abi", **arguments: Any) -> str:
    with pytest.raises(ToolError) as error:
        await tools.call_tool(name, {"address": USDC, **arguments})
    return str(error.value)


async def test_an_abi_comes_with_signatures_that_can_be_encoded(api: FakeApi, tools: Client[Any]) -> None:
    api.will_answer(answer(json.dumps(ABI)))
    result = await answer_of(tools, "get_contract_abi", {"address": USDC.lower()})
    assert result["functions"] == [
        "transfer(address to, uint256 value) returns (bool)",
        "quote((address,uint24)[] path) view",
    ]
    assert result["events"] == ["Paused(address by)"]
    assert (result["abi"], result["address"]) == (ABI, USDC)
    query = api.requests[0].query
    assert api.requests[0].path == "/v2/api"
    assert (query["chainid"], query["module"], query["action"]) == ("1", "contract", "getabi")
    assert (query["address"], query["apikey"]) == (USDC, "the-key")


async def test_an_abi_is_asked_for_once_per_network(api: FakeApi, tools: Client[Any]) -> None:
    api.will_answer(answer("[]"))
    for network in ("mainnet", "mainnet", "base", "base"):
        await tools.call_tool("get_contract_abi", {"address": USDC, "network": network})
    assert [request.query["chainid"] for request in api.requests] == ["1", "8453"]


async def test_an_unverified_contract_is_told_and_asked_for_again_next_time(
    api: FakeApi, tools: Client[Any]
) -> None:
    api.will_answer(answer("Contract source code not verified", "0", "NOTOK"))
    assert "not verified" in await refused(tools)
    assert "ask the user for the function's signature" in await refused(tools)
    assert len(api.requests) == 2


async def test_a_rate_limit_in_a_200_is_waited_out(api: FakeApi, tools: Client[Any]) -> None:
    api.will_answer(answer("Max calls per sec rate limit reached (5/sec)", "0", "NOTOK"))
    api.will_answer(answer("[]"))
    assert (await answer_of(tools, "get_contract_abi", {"address": USDC}))["abi"] == []
    api.answers = [(200, answer("Max rate limit reached", "0", "NOTOK"), {})]
    assert "too many requests" in await refused(tools, network="base")


async def test_a_bad_key_is_told_by_the_variables_name_and_never_shown(
    api: FakeApi, tools: Client[Any]
) -> None:
    api.will_answer(answer("Invalid API Key (#err2)|BSC-", "0", "NOTOK"))
    message = await refused(tools)
    assert "ETHERSCAN_API_KEY" in message
    assert "the-key" not in message


async def test_without_a_key_the_tool_says_which_variable_to_set(api: FakeApi) -> None:
    async with Client(etherscan.build({"ETHERSCAN_URL": api.url})) as tools:
        assert "the operator sets the environment variable ETHERSCAN_API_KEY" in await refused(tools)
    assert api.requests == []


async def test_the_test_network_is_refused_with_the_networks_that_work(tools: Client[Any]) -> None:
    message = await refused(tools, network="testnet")
    assert "mainnet, base, polygon, arbitrum, linea, linea-sepolia" in message
    assert "not one of its networks" in await refused(tools, network="solana")


async def test_transactions_are_shown_with_exact_values_and_outcome(api: FakeApi, tools: Client[Any]) -> None:
    api.will_answer(answer([ROW]))
    arguments = {"address": USDC, "page": 2, "count": 5, "newest_first": False}
    result = await answer_of(tools, "get_account_transactions", arguments)
    assert result["transactions"] == [
        {
            "hash": ROW["hash"],
            "block_number": 20_000_000,
            "time": "2024-06-01T22:36:47+00:00",
            "from": USDC,
            "to": None,
            "value_wei": "1500000000000000000",
            "value_ether": "1.5",
            "fee_wei": "21000000000000",
            "succeeded": False,
            "function": "0xa9059cbb",
            "contract_address": USDC,
        }
    ]
    query = api.requests[0].query
    assert (query["page"], query["offset"], query["sort"]) == ("2", "5", "asc")


async def test_an_account_without_transactions_is_an_empty_list(api: FakeApi, tools: Client[Any]) -> None:
    api.will_answer(answer([], "0", "No transactions found"))
    result = await answer_of(tools, "get_account_transactions", {"address": USDC})
    assert result["transactions"] == []


@pytest.mark.parametrize(
    "content",
    [{}, [], "text", "[" * 100_000, *(answer(result) for result in ("{no json", "[" * 100_000, 5))],
    ids=range(7),
)
async def test_an_unexpected_answer_is_a_clear_failure(
    api: FakeApi, tools: Client[Any], content: Any
) -> None:
    api.will_answer(content)
    message = await refused(tools)
    assert re.search(
        r"^Etherscan (answered in an unexpected form|answered with an ABI|did not answer with JSON)", message
    )

"""If a node lacks a feature or cannot answer now, only that part of the result is missing."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
from fastmcp import Client

from tests.mcp_servers.fake_node import TOKEN, FakeNode, fake_node
from worker.ethereum.chains import Chains
from worker.ethereum.known_networks import configured_networks
from worker.ethereum.rpc import Pacing
from worker.mcp_servers import evm

QUICK = Pacing(first_pause=0, longest_pause=0, receipt_seconds=0)
TRANSFER = {"from": TOKEN, "to": TOKEN, "value": "1 gwei"}
L1_FEE = 77


@pytest.fixture
def node() -> Generator[FakeNode]:
    with fake_node() as node:
        yield node


async def ask(node: FakeNode, variable: str, tool: str, **arguments: Any) -> dict[str, Any]:
    chains = Chains(configured_networks({variable: node.url}), QUICK)
    async with Client(evm.serve(chains)) as client:
        answer = (await client.call_tool(tool, arguments)).structured_content
    assert answer is not None
    return answer


@pytest.mark.parametrize("status", [403, 404, 429, 500])
@pytest.mark.parametrize(
    ("method", "lacking"),
    [
        ("eth_simulateV1", {"asset_changes"}),
        ("eth_gasPrice", {"fee_estimate_wei"}),
        ("eth_estimateGas", {"gas_estimate", "fee_estimate_wei"}),
    ],
)
async def test_a_simulation_goes_without_what_the_node_does_not_give(
    node: FakeNode, method: str, lacking: set[str], status: int
) -> None:
    node.answer = lambda asked, good: (status, b"no") if asked == method else good
    found = await ask(node, "TESTNET_RPC_URL", "simulate", network="testnet", **TRANSFER)
    assert found["success"] is True
    watched = ("asset_changes", "fee_estimate_wei", "gas_estimate")
    assert {name for name in watched if found[name] is None} == lacking


@pytest.mark.slow
async def test_on_base_a_fee_has_its_part_for_l1_or_is_not_told(node: FakeNode) -> None:
    def base(oracle: bool) -> Any:
        def answer(asked: str, good: dict[str, Any]) -> Any:
            values = {"eth_chainId": "8453", "eth_call": hex(L1_FEE).replace("0x", "0x" + "0" * 62)}
            if asked == "eth_call" and not oracle:
                return {**good, "result": "0x"}
            return {**good, "result": values.get(asked, good["result"])}

        return answer

    arguments = {"network": "base", **TRANSFER}
    node.answer = base(oracle=True)
    told = await ask(node, "BASE_RPC_URL", "simulate", **arguments)
    assert int(told["fee_estimate_wei"]) == 21_000 * 10**9 + L1_FEE
    node.answer = base(oracle=False)
    assert (await ask(node, "BASE_RPC_URL", "simulate", **arguments))["fee_estimate_wei"] is None


async def test_a_rate_limit_in_the_middle_of_a_token_makes_no_other_token_of_it(node: FakeNode) -> None:
    limited = {"error": {"code": -32029, "message": "x"}}
    node.answer = lambda asked, good: limited if asked == "eth_call" else good
    chains = Chains(configured_networks({"TESTNET_RPC_URL": node.url}), QUICK)
    async with Client(evm.serve(chains)) as client:
        result = await client.call_tool_mcp("erc20_balance", {"token": TOKEN, "who": TOKEN})
    assert result.is_error
    assert "no ERC-20 token" not in getattr(result.content[0], "text", "")
    assert node.asked.count("eth_call") == 3


@pytest.mark.parametrize("code", ["0x", "0x0"])
async def test_an_address_without_code_is_no_contract_in_any_form(node: FakeNode, code: str) -> None:
    node.answer = lambda asked, good: {**good, "result": code} if asked == "eth_getCode" else good
    found = await ask(node, "TESTNET_RPC_URL", "code_size", address=TOKEN)
    assert (found["is_contract"], found["size_bytes"]) == (False, 0)


async def test_no_answer_of_a_call_is_explained(node: FakeNode) -> None:
    node.answer = lambda asked, good: {**good, "result": "0x"} if asked == "eth_call" else good
    chains = Chains(configured_networks({"TESTNET_RPC_URL": node.url}), QUICK)
    async with Client(evm.serve(chains)) as client:
        result = await client.call_tool_mcp("call", {"to": TOKEN, "returns": "(uint256)"})
    assert "no contract at this address" in getattr(result.content[0], "text", "")

"""Against a local server that answers as the 0x Swap API v2 does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastmcp import Client
from fastmcp.exceptions import ToolError

from tests.mcp_servers.bytecode import token
from tests.mcp_servers.conftest import QUICK, FakeApi, answer_of, mined, rpc
from worker.mcp_servers import zerox
from worker.mcp_servers.zerox.api import NATIVE

WETH = "0x4200000000000000000000000000000000000006"
USDC = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"
TAKER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
SPENDER = "0x0000000000001fF3684f28c67538d4D072C22734"
PRICE = {
    "liquidityAvailable": True,
    "sellToken": NATIVE.lower(),
    "sellAmount": "100000000000000000",
    "buyToken": USDC.lower(),
    "buyAmount": "262914238",
    "minBuyAmount": "260319257",
    "allowanceTarget": SPENDER,
    "totalNetworkFee": "21080000000000",
    "issues": {
        "allowance": {"actual": "0", "spender": SPENDER},
        "balance": {"actual": "5", "expected": "10", "token": USDC},
        "simulationIncomplete": False,
    },
    "route": {"fills": [{"source": "Uniswap_V3"}, {"source": "Aerodrome"}, {"source": "Uniswap_V3"}]},
}
TRANSACTION = {"to": SPENDER.lower(), "data": "0x2213bc0b", "gas": "288079", "gasPrice": "7", "value": "1"}
REQUEST = {"sell_token": "ETH", "buy_token": USDC, "sell_amount": "0.1 ETH", "network": "base"}


@pytest.fixture
async def tools(api: FakeApi) -> AsyncIterator[Client[Any]]:
    async with Client(zerox.build({"ZEROX_URL": api.url, "ZEROX_API_KEY": "the-key"}, QUICK)) as client:
        yield client


async def refused(tools: Client[Any], name: str = "get_swap_price", **arguments: Any) -> str:
    with pytest.raises(ToolError) as error:
        await tools.call_tool(name, {**REQUEST, **arguments})
    return str(error.value)


async def test_a_price_is_asked_for_as_the_api_wants_it(api: FakeApi, tools: Client[Any]) -> None:
    api.will_answer(PRICE)
    price = await answer_of(tools, "get_swap_price", REQUEST)
    [request] = api.requests
    assert request.path == "/swap/allowance-holder/price"
    assert (request.headers["0x-api-key"], request.headers["0x-version"]) == ("the-key", "v2")
    assert dict(request.query) == {
        "chainId": "8453",
        "sellToken": NATIVE,
        "buyToken": USDC,
        "sellAmount": "100000000000000000",
        "slippageBps": "100",
    }
    assert (price["sell_amount"], price["sell_formatted"]) == ("100000000000000000", "0.1")
    assert (price["buy_amount"], price["min_buy_amount"], price["buy_formatted"]) == (
        "262914238",
        "260319257",
        None,
    )
    assert price["sources"] == ["Aerodrome", "Uniswap_V3"]
    assert price["issues"] == [
        f"allowance: the taker must first approve {SPENDER} (now 0)",
        "balance: the taker has 5 of the 10 to sell",
    ]


async def test_a_quote_carries_the_transaction_for_the_wallet(api: FakeApi, tools: Client[Any]) -> None:
    api.will_answer({**PRICE, "transaction": TRANSACTION})
    arguments = {**REQUEST, "taker": TAKER.lower(), "slippage_bps": 50}
    quote = await answer_of(tools, "get_swap_quote", arguments)
    assert quote["transaction"] == {"to": SPENDER, "data": "0x2213bc0b", "gas": "288079", "value": "1"}
    query = api.requests[0].query
    assert (api.requests[0].path, query["taker"], query["slippageBps"]) == (
        "/swap/allowance-holder/quote",
        TAKER,
        "50",
    )


@pytest.mark.chain
async def test_amounts_are_formatted_by_the_tokens_own_decimals(api: FakeApi, other_anvil: str) -> None:
    sender = rpc(other_anvil, "eth_accounts")[0]
    tx_hash = rpc(other_anvil, "eth_sendTransaction", {"from": sender, "input": token("USDC", 6, 0)})
    address = mined(other_anvil, tx_hash)["contractAddress"]
    api.will_answer({**PRICE, "buyToken": address})
    environment = {"ZEROX_URL": api.url, "ZEROX_API_KEY": "k", "BASE_RPC_URL": other_anvil}
    async with Client(zerox.build(environment)) as tools:
        price = await answer_of(tools, "get_swap_price", {**REQUEST, "buy_token": address})
    assert (price["buy_formatted"], price["min_buy_formatted"]) == ("262.914238", "260.319257")


async def test_no_liquidity_is_told(api: FakeApi, tools: Client[Any]) -> None:
    api.will_answer({"liquidityAvailable": False, "zid": "0x1"})
    assert "finds no liquidity" in await refused(tools)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        ({"sell_token": USDC, "buy_token": USDC, "sell_amount": "5"}, "are the same"),
        ({"sell_token": USDC, "buy_token": WETH, "sell_amount": "1.5"}, "whole base units"),
        ({"sell_token": USDC, "buy_token": WETH, "sell_amount": "1 ether"}, "whole base units"),
        ({"sell_amount": 0.1}, "not exact"),
        ({"sell_amount": "0"}, "more than zero"),
        ({"network": "testnet"}, "mainnet, base, polygon, arbitrum, linea."),
        ({"network": "linea-sepolia"}, "does not know linea-sepolia"),
        ({"buy_token": "USDC"}, "not an address"),
        ({"taker": "me"}, "not an address"),
        ({"slippage_bps": 10_001}, "`slippage_bps`"),
    ],
)
async def test_what_cannot_be_swapped_is_refused_before_asking(
    api: FakeApi, tools: Client[Any], arguments: dict[str, Any], hint: str
) -> None:
    assert hint in await refused(tools, **arguments)
    assert api.requests == []


async def test_the_apis_reasons_are_passed_on(api: FakeApi, tools: Client[Any]) -> None:
    details = [{"field": "sellToken", "reason": "Invalid ethereum address"}]
    body = {"name": "INPUT_INVALID", "message": "The input is invalid", "data": {"details": details}}
    api.will_answer(body, status=400)
    assert "sellToken: Invalid ethereum address" in await refused(tools)
    api.answers = [(400, {"name": "SWAP_VALIDATION_FAILED", "message": "Validation failed"}, {})]
    assert "Validation failed" in await refused(tools)


async def test_a_bad_or_missing_key_is_told_by_the_variables_name(api: FakeApi, tools: Client[Any]) -> None:
    api.will_answer({"message": "Invalid authentication credentials"}, status=401)
    assert "ZEROX_API_KEY" in await refused(tools)
    async with Client(zerox.build({"ZEROX_URL": api.url})) as without_key:
        assert "the operator sets the environment variable ZEROX_API_KEY" in await refused(without_key)


@pytest.mark.parametrize("change", [{"buyAmount": "1.5"}, {"buyAmount": None}, {"issues": "none"}])
async def test_an_unexpected_answer_is_a_clear_failure(
    api: FakeApi, tools: Client[Any], change: dict[str, Any]
) -> None:
    api.will_answer({**PRICE, **change})
    assert "unexpected form" in await refused(tools)


async def test_a_quote_with_odd_call_data_is_not_handed_on(api: FakeApi, tools: Client[Any]) -> None:
    api.will_answer({**PRICE, "transaction": {**TRANSACTION, "data": "0xzz"}})
    assert "unexpected form" in await refused(tools, "get_swap_quote", taker=TAKER)

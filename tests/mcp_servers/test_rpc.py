"""The client of Ethereum nodes against a node that fails in the ways nodes do."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import web

from tests.mcp_servers.conftest import FakeApi, free_port
from worker.ethereum import rpc
from worker.ethereum.chains import Chains
from worker.ethereum.rpc import NodeRefused, NodeUnreachable, OutcomeUnknown, Pacing, RpcClient
from worker.tool_outcomes import ToolRefused

QUICK = Pacing(first_pause=0.01, limited_pause=0)


def result(value: object) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": 1, "result": value}


def failure(code: int, message: str) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": message}}


@pytest.mark.parametrize("size", [rpc.LARGEST_BYTES - 100, rpc.PARSED_ON_THE_LOOP, 10])
async def test_an_answer_within_the_bound_is_read_whatever_its_length(api: FakeApi, size: int) -> None:
    api.will_answer(result("0x" + "a" * size))
    client = RpcClient("mainnet", api.url)
    assert len(await client.read("eth_call")) == size + 2
    await client.close()


@pytest.mark.parametrize("is_compressed", [False, True], ids=["plain", "compressed"])
async def test_an_answer_without_an_end_is_not_read_into_memory(is_compressed: bool) -> None:
    """A node, or a contract that it asks, may answer with anything. What a write did is unknown then."""
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(headers={"content-type": "application/json"})
        if is_compressed:
            response.enable_compression(web.ContentCoding.gzip)
        await response.prepare(request)
        with suppress(ConnectionError):
            for _ in range(20 * rpc.LARGEST_BYTES // 65_536):
                await response.write(b" " * 65_536)
                sent += 65_536
        return response

    async with serving(endless) as url:
        client = RpcClient("mainnet", url)
        with pytest.raises(NodeUnreachable, match=f"more than {rpc.LARGEST_BYTES} bytes"):
            await client.read("eth_call")
        with pytest.raises(OutcomeUnknown):
            await client.write("eth_sendTransaction")
        await client.close()
    if not is_compressed:
        assert sent < 10 * rpc.LARGEST_BYTES


@asynccontextmanager
async def serving(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncGenerator[str]:
    application = web.Application()
    application.router.add_route("*", "/", handler)
    runner = web.AppRunner(application, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("status", [429, 500, 502, 503])
async def test_a_read_is_repeated_when_the_node_is_busy_or_broken(api: FakeApi, status: int) -> None:
    api.will_answer("slow down", status=status)
    api.will_answer(result("0x1"))
    client = RpcClient("mainnet", api.url, QUICK)
    assert await client.read("eth_chainId") == "0x1"
    assert len(api.requests) == 2
    await client.close()


async def test_a_read_is_repeated_when_the_node_says_that_a_limit_is_exceeded(api: FakeApi) -> None:
    api.will_answer(failure(-32005, "limit exceeded"))
    api.will_answer(result("0x1"))
    client = RpcClient("mainnet", api.url, QUICK)
    assert await client.read("eth_chainId") == "0x1"
    await client.close()


@pytest.mark.parametrize("said", ["Wed, 21 Oct 2065 07:28:00 GMT", "soon", "\N{SUPERSCRIPT TWO}"])
async def test_a_busy_node_that_names_no_seconds_is_asked_again(api: FakeApi, said: str) -> None:
    api.will_answer("slow down", status=429, Retry_After=said)
    api.will_answer(result("0x1"))
    client = RpcClient("mainnet", api.url, QUICK)
    assert await client.read("eth_chainId") == "0x1"
    await client.close()


@pytest.mark.parametrize("status", [429, 503, 200])
async def test_a_write_is_never_repeated(api: FakeApi, status: int) -> None:
    api.will_answer("not JSON at all", status=status)
    client = RpcClient("testnet", api.url, QUICK)
    with pytest.raises(OutcomeUnknown, match="may or may not have been sent"):
        await client.write("eth_sendTransaction", {})
    assert len(api.requests) == 1
    await client.close()


async def test_a_write_that_the_node_refuses_was_not_done(api: FakeApi) -> None:
    api.will_answer(failure(-32003, "insufficient funds"))
    client = RpcClient("testnet", api.url)
    with pytest.raises(NodeRefused, match="insufficient funds"):
        await client.write("eth_sendTransaction", {})
    await client.close()


async def test_an_error_of_the_call_itself_is_not_repeated(api: FakeApi) -> None:
    api.will_answer(failure(-32602, "invalid params"))
    client = RpcClient("mainnet", api.url)
    with pytest.raises(NodeRefused, match="invalid params"):
        await client.read("eth_call", {})
    assert len(api.requests) == 1
    await client.close()


async def test_a_node_that_is_down_is_named_but_its_address_is_not() -> None:
    url = f"http://127.0.0.1:{free_port()}/v2/secret-key"
    client = RpcClient("mainnet", url, QUICK)
    with pytest.raises(NodeUnreachable) as error:
        await client.read("eth_chainId")
    assert "node of mainnet is out of reach" in str(error.value)
    assert "secret" not in str(error.value)
    assert "127.0.0.1" not in str(error.value)
    await client.close()


async def test_a_redirect_of_a_node_is_not_followed(api: FakeApi) -> None:
    api.will_answer("", status=302, Location="http://169.254.169.254/")
    client = RpcClient("mainnet", api.url)
    with pytest.raises(NodeUnreachable, match="HTTP status 302"):
        await client.read("eth_chainId")
    assert len(api.requests) == 1
    await client.close()


async def test_a_node_of_another_chain_is_refused_for_every_call(api: FakeApi) -> None:
    api.will_answer(result("0x2105"))
    chains = Chains.from_environment({"MAINNET_RPC_URL": api.url})
    with pytest.raises(ToolRefused, match="serves chain 8453, not 1: MAINNET_RPC_URL"):
        await chains.get("mainnet").read("eth_getBalance", "0x", "latest")
    await chains.close()


async def test_without_any_network_the_message_says_what_to_set() -> None:
    with pytest.raises(ToolRefused, match="set TESTNET_RPC_URL"):
        Chains.from_environment({}).get("testnet")

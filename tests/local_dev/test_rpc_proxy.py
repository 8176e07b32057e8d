"""The page's way to the local node, with a real anvil behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from local_dev.chain import Chain, anvil
from local_dev.processes import Processes
from tests.local_dev.conftest import Application

CALL = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}


async def post(url: str, body: Any, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(timeout=20) as client:
        return await client.post(f"{url}/rpc/testnet", json=body, headers=headers)


async def test_calls_reach_the_local_node_one_by_one_and_together(
    application: Application, tmp_path: Path
) -> None:
    processes, program = Processes(tmp_path), anvil()
    assert program
    chain = Chain(processes, program, tmp_path, print)
    application.chain_url = chain.url
    try:
        await chain.start()
        async with application.running() as running:
            one = await post(running.url, CALL)
            many = await post(running.url, [CALL, {**CALL, "id": 2, "method": "eth_accounts"}])
    finally:
        await processes.close()
    assert one.json()["result"] == "0x7a69"
    results = {answer["id"]: answer["result"] for answer in many.json()}
    assert results[1] == "0x7a69"
    assert len(results[2]) == 10


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ({**CALL, "method": "anvil_setBalance"}, {}, 403),
        ([CALL, {**CALL, "method": "evm_mine"}], {}, 403),
        ([], {}, 403),
        (CALL, {"origin": "https://elsewhere.example"}, 403),
        (CALL, {"content-type": "text/plain"}, 415),
    ],
)
async def test_what_a_wallet_does_not_need_is_refused(
    application: Application, body: Any, headers: dict[str, str], status: int
) -> None:
    application.chain_url = "http://127.0.0.1:9"
    async with application.running() as running:
        assert (await post(running.url, body, **headers)).status_code == status


async def test_a_node_that_is_gone_is_a_502(application: Application) -> None:
    application.chain_url = "http://127.0.0.1:9"
    async with application.running() as running:
        assert (await post(running.url, CALL)).status_code == 502


@pytest.mark.parametrize("url", [None, "https://node.example/secret-key"])
async def test_no_other_node_than_the_local_one_is_passed_on_to(
    application: Application, url: str | None
) -> None:
    application.chain_url = url
    async with application.running() as running:
        assert (await post(running.url, CALL)).status_code == 404

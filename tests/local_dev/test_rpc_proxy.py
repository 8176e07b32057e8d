"""The page's access to the local node, with a real anvil behind it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_dev.gateway.rpc_calls import METHODS, NotACall, NotAllowed, read_calls, written
from local_dev.processes.chain import Chain, anvil
from local_dev.processes.processes import Processes
from tests.local_dev.conftest import Application
from tests.patience import PATIENCE_SECONDS
from tests.unlisted import tried

CALL: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}


async def post(url: str, body: Any, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(timeout=PATIENCE_SECONDS) as client:
        return await client.post(f"{url}/rpc/testnet", json=body, headers=headers)


@pytest.mark.processes
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


ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
BOB = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
SENT: dict[str, Any] = {
    **CALL,
    "method": "eth_sendTransaction",
    "params": [{"from": ALICE, "to": BOB, "value": "0x1"}],
}


def sending(**fields: Any) -> dict[str, Any]:
    return {**SENT, "params": [{**SENT["params"][0], **fields}]}


def calling(method: Any, *params: Any) -> dict[str, Any]:
    return {**CALL, "method": method, "params": params}


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (calling("anvil_setBalance", ALICE, "0x0"), {}, 403),
        (calling("eth_sign", ALICE, "0x00"), {}, 403),
        (calling("eth_sendRawTransaction", "0x00"), {}, 403),
        (calling("", []), {}, 403),
        ([CALL, {**CALL, "method": "evm_mine"}], {}, 403),
        ([], {}, 400),
        ([CALL] * 101, {}, 400),
        ("eth_chainId", {}, 400),
        (calling(["eth_chainId"]), {}, 400),
        (calling({"eth_chainId": 1}), {}, 400),
        (calling(None), {}, 400),
        (calling("eth_chainId", 1), {}, 400),
        ({**CALL, "params": {}}, {}, 400),
        ({**CALL, "jsonrpc": "1.0"}, {}, 400),
        ({**CALL, "more": 1}, {}, 400),
        ([[CALL]], {}, 400),
        (calling("eth_getBalance", "Alice"), {}, 400),
        (calling("eth_getBalance", ALICE, "latest", 1), {}, 400),
        (sending(authorizationList=[]), {}, 400),
        (sending(value="1"), {}, 400),
        (sending(value=1), {}, 400),
        (sending(data="0x0"), {}, 400),
        ({**SENT, "params": []}, {}, 400),
        (CALL, {"origin": "https://elsewhere.example"}, 403),
        (CALL, {"origin": "null"}, 403),
        (CALL, {"content-type": "text/plain"}, 415),
    ],
)
async def test_what_a_wallet_does_not_need_is_refused(
    application: Application, body: Any, headers: dict[str, str], status: int
) -> None:
    application.chain_url = "http://127.0.0.1:9"
    async with application.running() as running:
        assert (await post(running.url, body, **headers)).status_code == status


DEEP = [b"[" * 100_000, b'{"a":' * 40_000, b'{"jsonrpc":"2.0","id":1,"method":' + b"[" * 100_000]
BEGUN = b'{"jsonrpc":"2.0","id":1,"method":"eth_call","params":'


@pytest.mark.parametrize(
    "body", [*DEEP, BEGUN + b"[" * 150 + b"]" * 150 + b"}", b"\xff", b"", b"NaN", b'{"a"']
)
def test_what_is_no_call_is_said_so_whatever_it_is(body: bytes) -> None:
    with pytest.raises(NotACall):
        read_calls(body)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@given(st.sampled_from(sorted(METHODS)) | _JSON, _JSON)
def test_no_call_of_another_form_is_an_error_of_ours(method: Any, params: Any) -> None:
    body = json.dumps({**CALL, "method": method, "params": params}).encode()
    tried("calls of the local node", body)
    with contextlib.suppress(NotACall, NotAllowed):
        assert json.loads(written(read_calls(body)))["method"] in METHODS


def test_what_is_passed_on_is_what_was_understood() -> None:
    twice = b'{"jsonrpc":"2.0","id":1,"method":"anvil_reset","method":"eth_chainId"}'
    assert json.loads(written(read_calls(twice))) == {**CALL, "params": []}
    full = sending(
        gas="0x5208", maxFeePerGas="0x1", accessList=[{"address": BOB, "storageKeys": ["0x" + "0" * 64]}]
    )
    assert json.loads(written(read_calls(json.dumps([full]).encode()))) == [full]


@pytest.mark.processes
async def test_only_the_nodes_own_accounts_send(application: Application, tmp_path: Path) -> None:
    processes, program = Processes(tmp_path), anvil()
    assert program
    chain = Chain(processes, program, tmp_path, print)
    application.chain_url = chain.url
    nameless = {**SENT, "params": [{"to": BOB, "value": "0x1"}]}
    try:
        await chain.start()
        async with application.running() as running:
            for foreign in (sending(**{"from": "0x" + "1" * 40}), nameless, [SENT, nameless]):
                assert (await post(running.url, foreign)).status_code == 403
            before = await _count_of_alice(running.url)
            sent = await post(running.url, SENT)
            async with asyncio.timeout(PATIENCE_SECONDS):  # the node answers before it has made the block
                while (after := await _count_of_alice(running.url)) == before:  # noqa: ASYNC110  another program, no event
                    await asyncio.sleep(0.05)
    finally:
        await processes.close()
    assert (before, after) == ("0x0", "0x1")
    assert len(sent.json()["result"]) == 66


async def _count_of_alice(url: str) -> str:
    count = calling("eth_getTransactionCount", ALICE, "latest")
    return (await post(url, count)).json()["result"]


async def test_an_answer_that_is_too_large_is_not_held(application: Application) -> None:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
        writer.close()

    async with await asyncio.start_server(flood, "127.0.0.1", 0) as server:
        application.chain_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with application.running() as running:
            assert (await post(running.url, CALL)).status_code == 502


async def test_the_page_behind_the_distribution_may_ask_and_another_may_not(application: Application) -> None:
    """As `front.py` passes it on: the host is the API's, and the viewer's is told beside it."""
    application.chain_url = "http://127.0.0.1:9"
    told = {"host": "api.localhost", "x-forwarded-host": "127.0.0.1:8080"}
    async with application.running() as running:
        own = await post(running.url, CALL, **told, origin="http://127.0.0.1:8080")
        other = await post(running.url, CALL, **told, origin="http://api.localhost")
    assert (own.status_code, other.status_code) == (502, 403)


async def test_a_node_that_is_gone_is_a_502(application: Application) -> None:
    application.chain_url = "http://127.0.0.1:9"
    async with application.running() as running:
        assert (await post(running.url, CALL)).status_code == 502


@pytest.mark.parametrize(
    "url", [None, "https://node.example/secret-key", "http://127.0.0.1.nip.io:1", "http://10.0.0.1:1"]
)
async def test_no_other_node_than_the_local_one_is_passed_on_to(
    application: Application, url: str | None
) -> None:
    application.chain_url = url
    async with application.running() as running:
        assert (await post(running.url, CALL)).status_code == 404

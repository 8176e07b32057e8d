"""A real anvil for the tests of this folder, and the evm server in front of it."""

from __future__ import annotations

import contextlib
import json
import random
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from aiohttp import web
from fastmcp import Client

from local_dev.processes.chain import anvil as anvil_program
from tests.patience import PATIENCE_SECONDS
from worker.mcp_servers import evm
from worker.mcp_servers.web.http_client import ApiPacing

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    """From below the range of which the system gives ports to others, so that it is still free a second later."""
    while True:
        with (
            contextlib.suppress(OSError),
            socket.create_server(("127.0.0.1", random.randrange(20_000, 32_000))) as listener,
        ):
            return listener.getsockname()[1]


def rpc(url: str, method: str, *params: Any) -> Any:
    """A call past the code under test."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as response:
        answer = json.load(response)
    assert "error" not in answer, answer
    return answer["result"]


def mined(url: str, tx_hash: str) -> dict[str, Any]:
    """The receipt, which comes a moment after the hash."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (receipt := rpc(url, "eth_getTransactionReceipt", tx_hash)) is None:
        assert time.monotonic() < deadline, f"{tx_hash} was not mined"
    return receipt


def start_anvil(*options: str) -> tuple[subprocess.Popen[bytes], str]:
    """It chooses a port itself: one that was found free may be taken by then."""
    command = [str(anvil_program()), "--host", "127.0.0.1", "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(b"Listening on"):
            threading.Thread(target=_drain, args=(process.stdout,), daemon=True).start()
            return process, f"http://{line.split()[-1].decode()}"
    raise AssertionError("anvil ended before it listened")


def _drain(output: IO[bytes]) -> None:
    """anvil prints a line for each request, and stands still once nobody has read 64 KB of them."""
    with output:
        for _ in output:
            pass


def stop(process: subprocess.Popen[Any]) -> None:
    process.terminate()
    process.wait(timeout=PATIENCE_SECONDS)


@pytest.fixture(scope="session")
def anvil() -> Iterator[str]:
    """The URL of a test chain, shared by the session: tests use accounts of their own."""
    process, url = start_anvil()
    yield url
    stop(process)


@pytest.fixture(scope="session")
def other_anvil() -> Iterator[str]:
    """A second chain, which says that it is Base."""
    process, url = start_anvil("--chain-id", "8453")
    yield url
    stop(process)


@pytest.fixture
async def chain_tools(anvil: str, other_anvil: str) -> AsyncIterator[Client[Any]]:
    environment = {"TESTNET_RPC_URL": anvil, "BASE_RPC_URL": other_anvil}
    async with Client(evm.build(environment)) as client:
        yield client


async def answer_of(client: Client[Any], tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The structured answer."""
    structured = (await client.call_tool(tool, arguments)).structured_content
    assert structured is not None
    return structured


async def deploy(client: Client[Any], code: str) -> str:
    arguments = {"from": "Judy", "to": "", "value": 0, "input": code}
    return (await answer_of(client, "send", arguments))["contract_address"]


QUICK = ApiPacing(first_pause=0.01, limited_pause=0)
"""For a client of a `FakeApi`, which may be asked again at once."""


class FakeApi:
    """A web API on this machine: answers what the test queued, then the last answer again; keeps the requests."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, Any, dict[str, str]]] = []
        self.requests: list[web.Request] = []
        self.url = ""

    def will_answer(self, content: Any, status: int = 200, **headers: str) -> None:
        self.answers.append((status, content, {k.replace("_", "-"): v for k, v in headers.items()}))

    async def handle(self, request: web.Request) -> web.Response:
        self.requests.append(request)
        await request.read()  # kept by the request for those who ask later
        status, content, headers = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        text = content if isinstance(content, str) else json.dumps(content)
        return web.Response(status=status, text=text, headers=headers, content_type="application/json")


@pytest.fixture
async def api() -> AsyncIterator[FakeApi]:
    fake = FakeApi()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", fake.handle)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield fake
    await runner.cleanup()

"""`python -m local_dev` as a person starts it: what it prints, and that it leaves nothing behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import uuid
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from websockets.asyncio.client import connect

from local_dev.processes import ROOT
from local_dev.stack_process import RunningStack, running_stack
from tests.local_dev.conftest import eventually
from tests.local_dev.test_processes import alive

pytestmark = [pytest.mark.slow, pytest.mark.end_to_end]


@pytest_asyncio.fixture
async def stack() -> AsyncGenerator[RunningStack]:
    settings = {
        "SESSION_TIMEOUT_MINUTES": "0.05",
        "FORGE_EXPIRY_SECONDS": "0.2",
        "FORGE_SCHEDULE_SECONDS": "0.5",
    }
    async with running_stack(settings) as running:
        yield running


async def run(**environment: str) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "local_dev",
        env={**os.environ, **environment},
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    stdout, stderr = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode, stdout.decode(), stderr.decode()


async def test_a_taken_port_is_one_clear_line(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, stdout, stderr = await run(BACKEND_PORT=port, FORGE_LOCAL_FOLDER=str(tmp_path))
    assert (code, stdout) == (2, "")
    assert stderr.splitlines() == [
        f"127.0.0.1:{port} is taken by another program; choose another port: BACKEND_PORT=8081 make run"
    ]


async def test_a_port_that_is_no_number_is_one_clear_line():
    code, _, stderr = await run(BACKEND_PORT="http")
    assert code == 2
    assert len(stderr.splitlines()) == 1


async def test_an_answer_streams_expires_survives_a_killed_worker_and_nothing_outlives_a_killed_parent(
    stack: RunningStack,
):
    await _answer_streams(stack)
    await _session_expires(stack)
    await _killed_worker_comes_back(stack)
    processes = stack.processes()
    assert all(alive(pid) for pid in processes.values())
    stack.process.kill()
    await eventually(lambda: not [name for name, pid in processes.items() if alive(pid)])


async def _answer_streams(stack: RunningStack) -> None:
    session_id = str(uuid.uuid4())
    plan = json.dumps({"f": 0, "t": 3, "r": 0, "tool": False, "tag": "x"})
    async with connect(f"{stack.ws_url}?session_id={session_id}") as client:
        await _chat(stack, session_id, plan)
        async with asyncio.timeout(10):
            while True:
                frame = json.loads(await client.recv())
                contents = [message["content"] for message in frame.get("messages", [])]
                if "t0000 t0001 t0002 " in contents:
                    return


async def _session_expires(stack: RunningStack) -> None:
    """Within its 3 s, and the connection hears of it."""
    session_id = str(uuid.uuid4())
    async with connect(f"{stack.ws_url}?session_id={session_id}") as client:
        await _chat(stack, session_id, json.dumps({"f": 0, "t": 1, "r": 0, "tool": False, "tag": "y"}))
        async with asyncio.timeout(20):
            while json.loads(await client.recv())["type"] != "session_expired":
                pass


async def _killed_worker_comes_back(stack: RunningStack) -> None:
    first = stack.processes()["worker-1"]
    os.kill(first, signal.SIGKILL)
    for _ in range(1000):
        if stack.processes()["worker-1"] != first:
            break
        await asyncio.sleep(0.01)
    assert "worker-1 ended with -9; it is started again" in stack.log("stderr")
    assert alive(stack.processes()["worker-1"])


async def _chat(stack: RunningStack, session_id: str, message: str) -> None:
    async with httpx.AsyncClient(base_url=stack.base_url, timeout=20) as http:
        answer = await http.post("/api/chat", json={"message": message, "session_id": session_id})
    assert answer.status_code == 200, answer.text

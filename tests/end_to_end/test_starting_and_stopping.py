"""One command starts everything; a signal ends everything; the next start is ready again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket as sockets
import sys
from collections.abc import AsyncGenerator, Iterable
from pathlib import Path

import httpx

from local_dev.repository import ROOT
from local_dev.stack_process import READY_SECONDS, RunningStack, running_stack
from tests.end_to_end.conversing import Web, new_id, socket, tokens
from tests.end_to_end.marks import END_TO_END
from tests.patience import PATIENCE_SECONDS

pytestmark = END_TO_END


def free_port() -> int:
    with sockets.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def alive(processes: Iterable[int]) -> list[int]:
    found: list[int] = []
    for pid in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 0)
            found.append(pid)
    return found


@contextlib.asynccontextmanager
async def make_run(folder: Path, port: int) -> AsyncGenerator[asyncio.subprocess.Process]:
    """`make run`, leader of a process group as in a terminal; ready."""
    # `make test` hands its own options on to every make below it.
    others = {"ARGS", "MAKEFLAGS", "MAKELEVEL"}
    inherited = {name: value for name, value in os.environ.items() if name not in others}
    settings = {
        "BACKEND_PORT": str(port),
        "FORGE_LOCAL_FOLDER": str(folder),
        "FORGE_STACK_FILE": str(folder / "stack.json"),
    }
    process = await asyncio.create_subprocess_exec(
        "make",
        "run",
        env=inherited | settings,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        output = process.stdout or asyncio.StreamReader()
        ready = await asyncio.wait_for(output.readline(), READY_SECONDS)
        assert ready.decode() == f"ready http://127.0.0.1:{port}\n"
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        await process.wait()


def described(folder: Path) -> dict[str, int]:
    """The running processes by name."""
    return json.loads((folder / "stack.json").read_text())["processes"]


async def test_ctrl_c_ends_make_run_and_the_next_start_is_ready_on_the_same_port(tmp_path: Path) -> None:
    port = free_port()
    async with make_run(tmp_path, port) as process:
        assert {"worker-1", "emulator", "anvil"} <= set(described(tmp_path))
        processes = await with_another_worker(tmp_path)
        os.killpg(process.pid, signal.SIGINT)
        await asyncio.wait_for(process.wait(), PATIENCE_SECONDS)
        assert alive(processes.values()) == []
    async with running_stack({"BACKEND_PORT": str(port), "HTTP_PROXY": "http://127.0.0.1:9"}) as stack:
        assert stack.base_url == f"http://127.0.0.1:{port}"
        await sigterm_in_the_middle_of_an_answer(stack)


async def with_another_worker(folder: Path) -> dict[str, int]:
    """The processes after the worker was killed: it is started again."""
    killed = described(folder)["worker-1"]
    os.kill(killed, signal.SIGKILL)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (processes := described(folder))["worker-1"] == killed:  # noqa: ASYNC110  another process writes it
            await asyncio.sleep(0.02)
    assert alive([processes["worker-1"]])
    return processes


async def sigterm_in_the_middle_of_an_answer(stack: RunningStack) -> None:
    async with httpx.AsyncClient(
        base_url=stack.base_url, trust_env=False, timeout=PATIENCE_SECONDS
    ) as client:
        web, session_id = Web(client), new_id()
        async with socket(stack.ws_url, session_id) as follower, web.stream(session_id) as stream:
            await web.chat(tokens(5000, per_second=50), session_id)
            await follower.until(lambda frame: frame["type"] == "text")
            await stream.until(lambda state: state["is_processing"])
            processes = stack.processes()
            stack.process.terminate()
            await asyncio.wait_for(stack.process.wait(), PATIENCE_SECONDS)
    assert stack.process.returncode == 0
    assert alive(processes.values()) == []
    assert "Traceback" not in stack.log("stderr")


async def test_a_taken_port_is_a_clear_error() -> None:
    with sockets.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "local_dev",
            env={**os.environ, "BACKEND_PORT": str(port)},
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
    assert process.returncode not in {0, None}
    assert output == b""
    assert f"127.0.0.1:{port} is taken" in errors.decode()
    assert "BACKEND_PORT" in errors.decode()
    assert "Traceback" not in errors.decode()

"""One command starts everything; a signal ends everything; the next start is ready again."""

from __future__ import annotations

import asyncio
import os
import signal
import socket as sockets
import sys
import time

import httpx
import pytest

from local_dev.processes import ROOT
from local_dev.stack_process import RunningStack, running_stack
from tests.end_to_end.conversing import Web, new_id, socket, tokens
from tests.end_to_end.marks import END_TO_END

pytestmark = END_TO_END

STOP_SECONDS = 5.0


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def stopped(stack: RunningStack, number: signal.Signals) -> float:
    """Seconds from the signal to the end of the last process."""
    children = stack.processes()
    assert {"worker-1", "emulator", "anvil"} <= set(children)
    began = time.monotonic()
    stack.process.send_signal(number)
    await asyncio.wait_for(stack.process.wait(), 4 * STOP_SECONDS)
    took = time.monotonic() - began
    assert [name for name, pid in children.items() if is_alive(pid)] == []
    return took


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_every_process_even_in_the_middle_of_an_answer(number: signal.Signals) -> None:
    async with (
        running_stack() as stack,
        httpx.AsyncClient(base_url=stack.base_url, trust_env=False) as client,
    ):
        web, session_id = Web(client), new_id()
        async with socket(stack.ws_url, session_id) as follower, web.stream(session_id) as stream:
            await web.chat(tokens(5000, per_second=50), session_id)
            await follower.until(lambda frame: frame["type"] == "text")
            await stream.until(lambda state: state["is_processing"])
            assert await stopped(stack, number) < STOP_SECONDS
        assert stack.process.returncode == 0
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
        output, errors = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode not in {0, None}
    assert output == b""
    assert f"127.0.0.1:{port} is taken" in errors.decode()
    assert "BACKEND_PORT" in errors.decode()
    assert "Traceback" not in errors.decode()

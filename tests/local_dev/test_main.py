"""`python -m local_dev` as a person starts it: what it says when it cannot start."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from pathlib import Path

import pytest

from local_dev.processes import ROOT

pytestmark = pytest.mark.end_to_end


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

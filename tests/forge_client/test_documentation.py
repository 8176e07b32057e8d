"""The examples of docs/clients.md do what they say."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from tests.fake_server.server import FakeServer
from tests.fake_server.session import SimulatedSession
from tests.forge_client.test_client import wallet_request

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "clients.md").read_text()


def operator(session: SimulatedSession, message: str) -> None:
    session.claim()
    if "wallet" in message:
        session.finish("waiting", approvals=[wallet_request(session)])
    else:
        session.write(f"Answer to {message}.")
        session.finish()


async def test_the_python_example_runs(server: FakeServer, tmp_path: Path) -> None:
    server.api.agent = operator
    [example] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    program = tmp_path / "example.py"
    program.write_text(example.replace("http://127.0.0.1:8080", server.base_url))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "error",
        program,
        env={**os.environ, "PYTHONPATH": str(ROOT / "clients" / "python")},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    printed = out.decode().splitlines()
    assert process.returncode == 0
    assert printed[0] == "Answer to balance of Alice."
    assert printed[-1] == "Answer to balance of Bob."
    [rejected] = server.api.asked("/api/system")
    assert rejected.body["message"] == "Transaction rejected by user: not today"

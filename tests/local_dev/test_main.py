"""`python -m local_dev` as a person starts it: its messages when it cannot start."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local_dev.listener import listen
from local_dev.options import Options
from local_dev.processes.chosen_ports import url_of
from local_dev.repository import ROOT
from tests.patience import PATIENCE_SECONDS

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
    stdout, stderr = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
    return process.returncode, stdout.decode(), stderr.decode()


async def test_a_taken_port_is_one_clear_line(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, stdout, stderr = await run(BACKEND_PORT=port, FORGE_LOCAL_FOLDER=str(tmp_path))
    assert (code, stdout) == (2, "")
    assert stderr.splitlines() == [
        f"127.0.0.1:{port} is taken by another program, perhaps by a `make run` that still runs; "
        "choose another port: BACKEND_PORT=8081 make run"
    ]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("BACKEND_PORT", "abc", "BACKEND_PORT is abc: it must be a whole number between 0 and 65535"),
        ("BACKEND_PORT", "99999", "BACKEND_PORT is 99999: it must be a whole number between 0 and 65535"),
        (
            "FORGE_EMULATOR",
            "localstack",
            "FORGE_EMULATOR is localstack; it must be one of dynoxide, ministack",
        ),
    ],
)
async def test_a_value_that_is_none_is_one_clear_line_with_the_variables_name(
    tmp_path: Path, name: str, value: str, says: str
):
    code, stdout, stderr = await run(
        **{"BACKEND_PORT": "0", "FORGE_LOCAL_FOLDER": str(tmp_path), name: value}
    )
    assert code in {1, 2}
    assert stdout == ""
    assert [line.removeprefix("cannot start: ") for line in stderr.splitlines()][-1] == says


async def test_a_folder_that_cannot_be_written_is_one_clear_line():
    code, stdout, stderr = await run(BACKEND_PORT="0", FORGE_LOCAL_FOLDER="/proc/nowhere")
    assert (code, stdout) == (2, "")
    assert len(stderr.splitlines()) == 1
    assert "/proc/nowhere cannot be written" in stderr
    assert "FORGE_LOCAL_FOLDER" in stderr


async def test_a_file_that_cannot_be_written_while_it_starts_is_one_clear_line(tmp_path: Path):
    shape = tmp_path / "state/table.json"
    shape.mkdir(parents=True)
    code, stdout, stderr = await run(BACKEND_PORT="0", FORGE_LOCAL_FOLDER=str(tmp_path))
    assert (code, stdout) == (1, "")
    assert f"cannot start: {shape}: Is a directory" in stderr.splitlines()
    assert "Traceback" not in stderr


async def test_a_setting_that_functions_and_worker_share_is_named_in_sentences_alone(tmp_path: Path):
    code, stdout, stderr = await run(
        BACKEND_PORT="0", FORGE_LOCAL_FOLDER=str(tmp_path), SESSION_TIMEOUT_MINUTES="soon"
    )
    assert (code, stdout) == (1, "")
    assert "cannot start. SESSION_TIMEOUT_MINUTES: Input should be a valid number" in stderr
    assert "validation error" not in stderr
    assert "Traceback" not in stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::1", "::"])
def test_the_url_of_any_address_leads_to_it(host: str):
    try:
        listener = listen(Options(host=host, port=0))
    except OSError:
        if ":" not in host:
            raise
        pytest.skip("this computer has no IPv6")
    with listener:
        parts = urlsplit(url_of(listener))
        assert parts.hostname
        with socket.create_connection((parts.hostname, parts.port or 0), timeout=PATIENCE_SECONDS):
            pass


async def test_ctrl_c_during_the_imports_ends_it_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "uvloop.py").write_text("print('importing', flush=True)\nwhile True: pass\n")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "local_dev",
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), PATIENCE_SECONDS) == b"importing\n"
    process.send_signal(signal.SIGINT)
    _, stderr = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
    assert (process.returncode, stderr) == (-signal.SIGINT, b"")

"""The whole application as a process of its own, for tests and measurements: `async with running_stack() as stack`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_dev.processes.orphan_guard import Guard
from local_dev.processes.processes import StartFailed
from local_dev.repository import ROOT

READY_SECONDS = 60.0
STOP_SECONDS = 8.0
_OURS = ("AWS_", "BACKEND_", "FORGE_", "TESTNET_RPC_URL")


@dataclass(frozen=True, slots=True)
class RunningStack:
    """An application that runs as a process of its own."""

    base_url: str
    """The base URL of page and HTTP API."""
    ws_url: str
    """The URL of the WebSocket API."""
    environment: Mapping[str, str]
    """The worker's environment, with the table's name, the queue's URL and AWS variables."""
    process: asyncio.subprocess.Process
    """The process that started all others."""
    folder: Path
    """The folder of logs and state."""
    file: Path
    """The file that describes the running application."""

    def processes(self) -> dict[str, int]:
        """Current process ids by name (`worker-1`, `emulator`, `anvil`); workers may have been restarted."""
        return _description(self.file)["processes"]

    def log(self, name: str) -> str:
        """Return the output of a process (`functions`, `stderr` and the names of `processes`)."""
        file = self.folder / f"{name}.log"
        return file.read_text(errors="replace") if file.exists() else ""


@contextlib.asynccontextmanager
async def running_stack(
    environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> AsyncGenerator[RunningStack]:
    """Run the stack on free ports, with the scripted LLM and one worker unless `environment` says otherwise. Raises
    `StartFailed`.

    The stack ends with the calling process, even if that is killed. `folder`: where its state is kept.
    """
    with tempfile.TemporaryDirectory(prefix="forge-") as name:
        folder = folder or Path(name)
        file = Path((environment or {}).get("FORGE_STACK_FILE", folder / "stack.json"))
        process = await _start(folder, environment or {})
        guard = Guard()
        guard.watch([process.pid])
        try:
            await _until_ready(process, folder)
            described = _description(file)
            yield RunningStack(
                described["base_url"], described["ws_url"], described["environment"], process, folder, file
            )
        finally:
            await _stop(process)
            guard.close()


async def _start(folder: Path, environment: Mapping[str, str]) -> asyncio.subprocess.Process:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    settings = {
        "BACKEND_PORT": "0",
        "FORGE_LLM": "scripted",
        "FORGE_LOCAL_FOLDER": str(folder),
        "FORGE_RELOAD": "0",
        "FORGE_STACK_FILE": str(folder / "stack.json"),
        "FORGE_WORKERS": "1",
        **environment,
    }
    with (folder / "stderr.log").open("ab") as errors:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "local_dev",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            env=inherited | settings,
            cwd=ROOT,
            start_new_session=True,
        )


async def _until_ready(process: asyncio.subprocess.Process, folder: Path) -> None:
    output = process.stdout or asyncio.StreamReader()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(READY_SECONDS):
            if (await output.readline()).startswith(b"ready "):
                return
    raise StartFailed(f"the application did not start:\n{(folder / 'stderr.log').read_text()}")


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


def _description(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text())

"""The AWS emulator behind `AWS_ENDPOINT_URL`: MiniStack or moto, in a process of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from local_dev.processes import ROOT, Processes, StartFailed

MINISTACK = ROOT / ".tools" / "ministack" / "bin" / "python"
_HERE = Path(__file__).resolve().parent


def chosen(environment: Mapping[str, str]) -> str:
    """FORGE_EMULATOR, else the faster one of those that are installed. Raises `StartFailed`."""
    name = environment.get("FORGE_EMULATOR") or ("ministack" if MINISTACK.exists() else "moto")
    if name not in ("ministack", "moto"):
        raise StartFailed(f"FORGE_EMULATOR is {name}; it must be ministack or moto")
    if name == "ministack" and not MINISTACK.exists():
        raise StartFailed("MiniStack is not installed; run make setup, or use FORGE_EMULATOR=moto")
    return name


async def start_emulator(processes: Processes, name: str, keep: Path | None = None) -> str:
    """The endpoint's URL. `keep`: the folder in which MiniStack keeps its state between starts."""
    port = "0"
    if name == "moto":
        command = [sys.executable, "-m", "local_dev.moto_process", port]
        environment = dict(os.environ)
    else:
        command = [str(MINISTACK), str(_HERE / "ministack_process.py"), port]
        environment = _without_our_libraries() | {"SERVICES": "dynamodb,sqs", "LOG_LEVEL": "WARNING"}
        if keep:
            environment |= {"PERSIST_STATE": "1", "STATE_DIR": str(keep)}
    _, port = await processes.start_until("emulator", command, environment, _announced_port)
    return f"http://127.0.0.1:{port}"


def _announced_port(line: str) -> str | None:
    word, _, port = line.strip().partition(" ")
    return port if word == "ready" else None


def _without_our_libraries() -> dict[str, str]:
    """MiniStack has an environment of its own; a PYTHONPATH would mix ours into it."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}

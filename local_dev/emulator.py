"""The AWS emulator behind `AWS_ENDPOINT_URL`: MiniStack or moto, in a process of its own."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

from local_dev.names import ACCOUNT
from local_dev.processes import ROOT, Processes, StartFailed

MINISTACK = ROOT / ".tools" / "ministack" / "bin" / "python"
_HERE = Path(__file__).resolve().parent


def chosen(wanted: str) -> str:
    """`wanted`, else the faster one of those that are installed. Raises `StartFailed`."""
    name = wanted or ("ministack" if MINISTACK.exists() else "moto")
    if name not in ("ministack", "moto"):
        raise StartFailed(f"FORGE_EMULATOR is {name}; it must be ministack or moto")
    if name == "ministack" and not MINISTACK.exists():
        raise StartFailed("MiniStack is not installed; run make setup, or use FORGE_EMULATOR=moto")
    return name


async def start_emulator(
    processes: Processes, name: str, listener: socket.socket, keep: Path | None = None
) -> None:
    """Until it answers on `listener`. `keep`: the folder in which MiniStack keeps its state between starts."""
    file = listener.fileno()
    if name == "moto":
        command = [sys.executable, "-m", "local_dev.moto_process", str(file)]
        environment = {**os.environ, "MOTO_ACCOUNT_ID": ACCOUNT}
    else:
        command = [str(MINISTACK), str(_HERE / "ministack_process.py"), str(file)]
        environment = _without_our_libraries() | {"SERVICES": "dynamodb,sqs", "LOG_LEVEL": "WARNING"}
        # Off: a broker that would listen on all addresses, and whose certificate is most of the start.
        environment |= {"IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0"}
        environment |= {"MINISTACK_ACCOUNT_ID": ACCOUNT, "GATEWAY_PORT": str(listener.getsockname()[1])}
        if keep:
            environment |= {"PERSIST_STATE": "1", "STATE_DIR": str(keep)}
    await processes.start_until("emulator", command, environment, _readiness, files=[file])
    listener.close()


def emulator_listener() -> socket.socket:
    """Made here and handed to the emulator, so that its address is known before it runs."""
    return socket.create_server(("127.0.0.1", 0), backlog=512)


def endpoint_of(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def _readiness(line: str) -> str | None:
    return line if line.strip() == "ready" else None


def _without_our_libraries() -> dict[str, str]:
    """MiniStack has an environment of its own; a PYTHONPATH would mix ours into it."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}

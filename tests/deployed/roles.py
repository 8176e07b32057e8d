"""Processes that AWS would run, each with its deployed variables and only its own role."""

from __future__ import annotations

import os

from local_dev.processes.chosen_ports import ReservedPort
from local_dev.processes.processes import Child, Processes
from local_dev.repository import ROOT
from tests.deployed.account import PYTHON, REGION, clean_environment
from tests.deployed.installation import BUILT, Installation

_WORKER = ROOT / ".venv" / "bin" / "python"
NO_HEARTBEAT = {"WORKER_HEARTBEAT": ""}
"""A process beside others has no /dev/shm of its own; the container has."""
STOP_SECONDS = 60.0


class Service:
    """The worker service: ECS starts new tasks before it stops the old ones, as here."""

    def __init__(self, processes: Processes, installation: Installation) -> None:
        self._processes, self._installation = processes, installation
        self._started = 0
        self._current: Child | None = None
        self._variables = installation.worker_variables() | {
            "AWS_ENDPOINT_URL": installation.account.url,
        }

    @property
    def is_running(self) -> bool:
        return self._current is not None

    def task_variables(self) -> dict[str, str]:
        """Of a new task; its credentials are of its own session of the role."""
        self._started += 1
        role = self._installation.resources["WorkerRole"]
        session = self._installation.account.credentials(role, f"task-{self._started}")
        return self._variables | session

    async def update(self) -> int | None:
        """A new task, and then the end of the one before it, which says how that ended."""
        environment = clean_environment() | self.task_variables() | NO_HEARTBEAT
        command = [str(_WORKER), "-m", "worker"]
        old, self._current = (
            self._current,
            await self._processes.start(f"worker-{self._started}", command, environment),
        )
        return await self._stopped(old) if old else None

    async def _stopped(self, child: Child) -> int:
        """SIGTERM, and SIGKILL if that is not heeded in time."""
        await self._processes.stop(child, STOP_SECONDS)
        return await child.wait()


async def start_stream(processes: Processes, installation: Installation) -> str:
    """The URL of ChatStream's ASGI application, which `run.sh` starts as the Lambda Web Adapter would have it."""
    port = ReservedPort()
    code = BUILT / "ChatStream"
    role = installation.resources["ChatStreamRole"]
    environment = clean_environment() | installation.function_variables("ChatStream")
    environment |= installation.account.credentials(role, "stream") | {
        "AWS_ENDPOINT_URL": installation.account.url,
        "AWS_LAMBDA_FUNCTION_NAME": installation.resources["ChatStream"],
        "AWS_LWA_PORT": str(port.number),
        "AWS_REGION": REGION,
        "LAMBDA_TASK_ROOT": str(code),
        "PATH": f"{PYTHON.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(BUILT / "ForgeLayer" / "python"),
    }
    child = await processes.start("stream", ["sh", str(code / "run.sh")], environment)
    await processes.until_listening(child, port)
    return port.url

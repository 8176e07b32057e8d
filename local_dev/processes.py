"""The processes beside the server: each in a group of its own, with a log file, ended with the one that started them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TAIL_LINES = 15

# Reads the process groups that live now, a line at each change, and kills the last ones it read when its input ends:
# that is when the process that started them is gone, however it went.
_GUARD = 'while read -r line; do groups=$line; done; for group in $groups; do kill -KILL -- "-$group"; done'


class StartFailed(Exception):
    """A process ended, or said nothing, before it was ready."""


@dataclass(slots=True)
class Child:
    """A running process. `first_line` is what it printed first, for those that announce themselves."""

    name: str
    process: asyncio.subprocess.Process
    log: Path
    stopping: bool = False
    pump: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def pid(self) -> int:
        return self.process.pid

    def tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        return "\n".join(f"  {self.name}: {line}" for line in lines)


class Processes:
    """Starts and ends children. `verbose`: their output goes to stderr instead of files in `folder`."""

    def __init__(self, folder: Path, *, verbose: bool = False) -> None:
        self._folder = folder
        self._verbose = verbose
        self._guard: asyncio.subprocess.Process | None = None
        self.running: dict[str, Child] = {}

    async def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> Child:
        child, _ = await self._spawn(name, command, environment, None)
        return child

    async def start_until(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], ready: Callable[[str], str | None]
    ) -> tuple[Child, str]:
        """Start and wait for a line of output in which `ready` finds what it looks for. Raises `StartFailed`."""
        child, announced = await self._spawn(name, command, environment, ready)
        assert announced is not None
        ended = asyncio.create_task(child.process.wait())
        try:
            await asyncio.wait((announced, ended), timeout=30, return_when=asyncio.FIRST_COMPLETED)
            if not announced.done():
                raise StartFailed(f"{name} did not start\n{child.tail()}")
            return child, announced.result()
        finally:
            ended.cancel()

    async def stop(self, child: Child, seconds: float) -> None:
        """SIGTERM to the whole group, then SIGKILL to what is left of it."""
        child.stopping = True
        _signal_group(child.pid, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await child.process.wait()
        _signal_group(child.pid, signal.SIGKILL)
        await child.process.wait()
        if child.pump:
            await asyncio.wait((child.pump,), timeout=0.5)
            child.pump.cancel()
        if self.running.get(child.name) is child:
            del self.running[child.name]

    async def close(self) -> None:
        """End what is still running at once, and the guard."""
        await asyncio.gather(*(self.stop(child, 0.5) for child in list(self.running.values())))
        if self._guard:
            self._guard.kill()
            await self._guard.wait()
            self._guard = None

    async def _spawn(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        ready: Callable[[str], str | None] | None,
    ) -> tuple[Child, asyncio.Future[str] | None]:
        log = self._folder / f"{name}.log"
        self._folder.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as file:
            output = sys.stderr if self._verbose else file
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE if ready else output,
                stderr=output,
                env=dict(environment),
                cwd=ROOT,
                start_new_session=True,
            )
        child = self.running[name] = Child(name, process, log)
        await self._tell_guard()
        if ready is None:
            return child, None
        announced: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        child.pump = asyncio.create_task(self._pump(child, ready, announced), name=f"output of {name}")
        return child, announced

    async def _pump(
        self, child: Child, ready: Callable[[str], str | None], announced: asyncio.Future[str]
    ) -> None:
        assert child.process.stdout is not None
        with child.log.open("ab") as file:
            async for line in child.process.stdout:
                text = line.decode(errors="replace")
                if self._verbose:
                    sys.stderr.write(text)
                else:
                    file.write(line)
                    file.flush()
                if not announced.done() and (found := ready(text)):
                    announced.set_result(found)

    async def _tell_guard(self) -> None:
        if self._guard is None:
            self._guard = await asyncio.create_subprocess_exec(
                "/bin/sh",
                "-c",
                _GUARD,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        assert self._guard.stdin is not None
        groups = " ".join(str(child.pid) for child in self.running.values())
        self._guard.stdin.write(f"{groups}\n".encode())
        await self._guard.stdin.drain()


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)

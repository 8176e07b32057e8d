"""The processes beside the server: each in a group of its own, with a log file, and ended together."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from local_dev.guard import Guard

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 30.0
TAIL_LINES = 15


class StartFailed(Exception):
    """A process ended, or said nothing, before it was ready."""


@dataclass(slots=True)
class Child:
    """A running process and its log. `stopping`: its end is expected."""

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
    """Starts and ends children. `verbose`: their output goes to stderr instead of files in `folder`.

    The files begin anew with each start of the whole, not with each of the process.
    """

    def __init__(self, folder: Path, *, verbose: bool = False) -> None:
        self.running: dict[str, Child] = {}
        self._folder = folder
        self._verbose = verbose
        self._guard: Guard | None = None
        self._seen: set[str] = set()

    async def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> Child:
        return await self._spawn(name, command, environment, piped=False)

    async def start_until(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        ready: Callable[[str], str | None],
        files: Sequence[int] = (),
    ) -> tuple[Child, str]:
        """Start, with open `files`, and wait for a line of output in which `ready` finds what it looks for.

        Raises `StartFailed`.
        """
        child = await self._spawn(name, command, environment, files, piped=True)
        announced: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        child.pump = asyncio.create_task(self._pump(child, ready, announced), name=f"output of {name}")
        await asyncio.wait(
            (announced, child.pump), timeout=START_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        if not announced.done():
            raise StartFailed(f"{name} did not start\n{child.tail()}")
        return child, announced.result()

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
        """End what is still running almost at once, and the guard."""
        await asyncio.gather(*(self.stop(child, 0.5) for child in list(self.running.values())))
        if self._guard:
            await self._guard.close()
            self._guard = None

    async def _spawn(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        files: Sequence[int] = (),
        *,
        piped: bool,
    ) -> Child:
        log = self._folder / f"{name}.log"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._guard = self._guard or await Guard.start()
        with log.open("ab" if name in self._seen else "wb") as file:
            self._seen.add(name)
            output = sys.stderr if self._verbose else file
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE if piped else output,
                stderr=output,
                env=dict(environment),
                cwd=ROOT,
                pass_fds=files,
                start_new_session=True,
            )
        child = self.running[name] = Child(name, process, log)
        self._guard.watch(each.pid for each in self.running.values())
        return child

    async def _pump(
        self, child: Child, ready: Callable[[str], str | None], announced: asyncio.Future[str]
    ) -> None:
        """Copies the output to the log until it ends."""
        lines = child.process.stdout or asyncio.StreamReader()
        with child.log.open("ab", buffering=0) as file:
            async for line in lines:
                text = line.decode(errors="replace")
                if self._verbose:
                    sys.stderr.write(text)
                else:
                    file.write(line)
                if not announced.done() and (found := ready(text)):
                    announced.set_result(found)


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)

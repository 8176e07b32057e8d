"""The processes next to this one. Each is in a group of its own, has a log file, and is ended with the others.

Until a child has been waited for, its number cannot belong to another process. After that, nothing is sent to the
number.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from signal import Signals

from local_dev.logs import Log
from local_dev.processes.chosen_ports import ReservedPort
from local_dev.processes.orphan_guard import Guard
from local_dev.repository import ROOT

START_SECONDS = 30.0
_CHUNK = 2**16
MALLOC = {"MALLOC_ARENA_MAX": "2", "MALLOC_TRIM_THRESHOLD_": "131072"}
"""The GNU C library's allocator gives free memory back, and does not begin a heap for each thread, which would cost a
worker with 200 runs 12 MB. Other C libraries ignore these variables.
"""

Readiness = Callable[[str], str | None]


class StartFailed(Exception):
    """A process ended, or was silent too long, before it was ready."""


class Child:
    """A running process and its output. `stopping`: its end is expected; `renewing`: it ends in order to be
    restarted.
    """

    def __init__(
        self, name: str, process: subprocess.Popen[bytes], log: Log, echo: bool, ready: Readiness | None
    ) -> None:
        self.name = name
        self.pid = process.pid
        self.stopping = self.renewing = False
        self.code: int | None = None
        self.announced: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._process, self._log, self._echo, self._ready = process, log, echo, ready
        self._ended = asyncio.Event()
        self._line = ""
        log.begin()
        self._watch()

    async def wait(self) -> int:
        """Return the exit code; if negative, the signal that ended the process."""
        await self._ended.wait()
        return self.code or 0

    def signal(self, number: Signals) -> None:
        """Send a signal to the whole group, while the group is known to be ours."""
        if self.code is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)

    def tail(self) -> str:
        return "\n".join(f"  {self.name}: {line}" for line in self._log.tail().splitlines())

    def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        if output := self._process.stdout:
            os.set_blocking(output.fileno(), False)
            loop.add_reader(output.fileno(), self._read)
        if hasattr(os, "pidfd_open"):
            self._handle = os.pidfd_open(self.pid)
            loop.add_reader(self._handle, self._is_over)
        else:
            threading.Thread(target=self._wait_in_thread, args=(loop,), daemon=True).start()

    def _wait_in_thread(self, loop: asyncio.AbstractEventLoop) -> None:
        self._process.wait()
        with contextlib.suppress(RuntimeError):  # the event loop has ended
            loop.call_soon_threadsafe(self._close)

    def _is_over(self) -> None:
        """Nobody has waited for the process yet, so its number is still its own, and the rest of its group is ours."""
        self.signal(signal.SIGKILL)
        asyncio.get_running_loop().remove_reader(self._handle)
        os.close(self._handle)
        self._close()

    def _close(self) -> None:
        self.code = self._process.wait()
        self._read()
        if output := self._process.stdout:
            asyncio.get_running_loop().remove_reader(output.fileno())
            output.close()
            self._process.stdout = None
        self._ended.set()

    def _read(self) -> None:
        if (output := self._process.stdout) is None:
            return
        with contextlib.suppress(BlockingIOError):
            while data := os.read(output.fileno(), _CHUNK):
                self._take(data)
            asyncio.get_running_loop().remove_reader(output.fileno())

    def _take(self, data: bytes) -> None:
        self._log.write(data)
        text = data.decode(errors="replace")
        if self._echo:
            sys.stderr.write(text)
        if self._ready and not self.announced.done():
            *lines, self._line = (self._line + text).split("\n")
            found = next((word for line in lines if (word := self._ready(line))), None)
            if found:
                self.announced.set_result(found)


class Processes:
    """Starts and ends children. `verbose`: their output also goes to stderr, besides the files in `folder`.

    The files start again with each start of the application, not with each start of a process.
    """

    def __init__(
        self, folder: Path, *, verbose: bool = False, report: Callable[[str], None] | None = None
    ) -> None:
        self.running: dict[str, Child] = {}
        self._children: set[Child] = set()
        """All children, including those that are ending and whose names others already have."""
        self._folder = folder
        self._verbose = verbose
        self._report = report or _say
        self._guard = Guard()
        self._logs: dict[str, Log] = {}

    async def start(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        files: Sequence[int] = (),
        ready: Readiness | None = None,
        log: str = "",
    ) -> Child:
        """`files`: open files that the process gets. `log`: the name of its log file, if it differs from its own
        name. Raises `StartFailed` if the computer cannot start it.
        """
        try:
            process = subprocess.Popen(  # noqa: ASYNC220  it takes a millisecond; its end is awaited
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**MALLOC, **environment, "PYTHONUNBUFFERED": "1"},
                cwd=ROOT,
                pass_fds=files,
                start_new_session=True,
            )
        except OSError as error:
            raise StartFailed(f"{name} cannot be started: {command[0]}: {error.strerror or error}") from error
        child = Child(name, process, self._log(log or name), self._verbose, ready)
        self.running[name] = child
        self._children.add(child)
        self._guard.watch(each.pid for each in self._children)
        return child

    async def start_until(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], ready: Readiness
    ) -> tuple[Child, str]:
        """Start a process, and wait for a line of output in which `ready` finds what it looks for.

        Raises `StartFailed`.
        """
        child = await self.start(name, command, environment, ready=ready)
        ended = asyncio.create_task(child.wait(), name=f"end of {name}")
        await asyncio.wait(
            (child.announced, ended), timeout=START_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        ended.cancel()
        if not child.announced.done():
            await self.stop(child, 0)
            raise StartFailed(f"{name} did not start\n{child.tail()}")
        return child, child.announced.result()

    async def until_listening(self, child: Child, port: ReservedPort) -> None:
        """Wait until it listens. Raises `StartFailed` if it ends before that or takes too long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_SECONDS):
                while child.code is None:
                    if await port.answers():
                        return
                    await asyncio.sleep(0.005)
        await self.stop(child, 0)
        raise StartFailed(f"{child.name} did not start\n{child.tail()}")

    async def stop(self, child: Child, seconds: float) -> None:
        """Send SIGTERM to the whole group, then SIGKILL to the rest of it."""
        child.stopping = True
        child.signal(signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await child.wait()
        child.signal(signal.SIGKILL)
        await child.wait()
        self.forget(child)

    def forget(self, child: Child) -> None:
        """Forget a child that has ended."""
        if self.running.get(child.name) is child:
            del self.running[child.name]
        if child in self._children:
            self._children.discard(child)
            self._guard.watch(each.pid for each in self._children)

    async def close(self) -> None:
        """End what is still running almost at once, and the guard."""
        await asyncio.gather(*(self.stop(child, 0.5) for child in list(self._children)))
        self._guard.close()
        for log in self._logs.values():
            log.close()

    def _log(self, name: str) -> Log:
        if name not in self._logs:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._logs[name] = Log(self._folder / f"{name}.log", self._report)
        return self._logs[name]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)

"""The worker processes, and the faults that affect a whole process."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress

from bench.soak.faults import FREEZE_SECONDS


class WorkerProcesses:
    """The workers' process ids by name; `published` are those of workers that were ready."""

    def __init__(self) -> None:
        self.pids: dict[str, int] = {}
        self.published: set[int] = set()
        self.frozen: set[str] = set()

    async def kill(self, client: str) -> None:
        pid = self.pids.pop(client, 0)
        if pid:
            with suppress(ProcessLookupError):  # the process was told to stop, and has ended
                os.kill(pid, signal.SIGKILL)

    async def freeze(self, client: str) -> None:
        if not (pid := self.pids.get(client)):
            return
        try:
            os.kill(pid, signal.SIGSTOP)
        except ProcessLookupError:
            return
        self.frozen.add(client)
        try:
            await asyncio.sleep(FREEZE_SECONDS)
        finally:
            self.frozen.discard(client)
            if self.pids.get(client) == pid:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

"""Ends what was started even when the one that started it is killed: a shell that waits at the end of a pipe."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

# Reads the process groups that live now, a line at each change, and kills the last ones it read when its input
# ends: that is when the process that writes them is gone, however it went. Nothing else works on every Unix.
_SCRIPT = 'while read -r line; do groups=$line; done; for group in $groups; do kill -KILL "-$group"; done'


class Guard:
    def __init__(self, shell: asyncio.subprocess.Process) -> None:
        self._shell = shell

    @classmethod
    async def start(cls) -> Guard:
        shell = await asyncio.create_subprocess_exec(
            "/bin/sh",
            "-c",
            _SCRIPT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        return cls(shell)

    def watch(self, groups: Iterable[int]) -> None:
        """From now on these process groups, and no others."""
        if self._shell.stdin:
            self._shell.stdin.write(" ".join(str(group) for group in groups).encode() + b"\n")

    async def close(self) -> None:
        self._shell.kill()
        await self._shell.wait()

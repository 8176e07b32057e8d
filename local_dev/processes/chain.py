"""The local Ethereum node: anvil for the network `testnet`. When it ends, it is started again from its last saved
state.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

from local_dev.home import BEGINS_EMPTY, set_aside, start_without
from local_dev.processes.chain_file import ChainFile, ChainFileUnreadable
from local_dev.processes.chosen_ports import ReservedPort
from local_dev.processes.node_rpc import NodeError, call
from local_dev.processes.processes import Child, Processes, StartFailed
from local_dev.repository import ROOT

HISTORY = ("--prune-history", "10", "--transaction-block-keeper", "1000")
"""Number of blocks whose state, and whose transactions, anvil keeps; without a limit it grows by 320 MB an hour."""
SAVE_SECONDS = 1.0
"""How often the chain is saved while it changes. A SIGKILL of anvil loses at most this much."""
SAVE_SHARE = 20
"""Saving takes at most this share of the time, so a long chain is saved less often."""
RENEW_BLOCKS = 3000
"""anvil keeps every block's header, so after this many blocks it is restarted from its saved state while it is idle."""
QUIET_SECONDS = 30.0
AS_AT_THE_LAST_START = "the chain goes on as it was at its last start"


def anvil() -> Path | None:
    """The binary of the npm package for this machine if there is one, else the package's Node script."""
    packages = ROOT / "node_modules" / "@foundry-rs"
    programs = sorted(packages.glob("anvil-*/bin/anvil*"))
    script = ROOT / "node_modules" / ".bin" / "anvil"
    return programs[0] if programs else script if script.exists() else None


class Chain:
    """`program`: anvil. `state`: the folder in which the chain is saved."""

    def __init__(
        self, processes: Processes, program: Path, state: Path, report: Callable[[str], None]
    ) -> None:
        self.port = ReservedPort.hidden()
        self._processes, self._program, self._report = processes, program, report
        self._file = ChainFile(state)
        self._saved_block = self._first_block = 0
        self._moved = time.monotonic()

    @property
    def url(self) -> str:
        """anvil does not check the Host header, so a rebound name could reach it on an address that can be guessed."""
        return self.port.url

    async def start(self) -> Child:
        """Start from the last saved state. Raises `StartFailed`. A file with which anvil does not start, while it
        starts without it, is set aside.
        """
        try:
            loaded = self._file.prepared()
        except ChainFileUnreadable:
            loaded = self._as_at_the_last_start()
        try:
            child = await self._start(loaded)
        except StartFailed:
            if loaded is None:
                raise
            child = await self._start_without_saved()
        self._saved_block = self._first_block = await self._block() or 0
        return child

    async def keep_saved(self, renew: Callable[[], None]) -> None:
        """Save until cancelled. `renew` ends the child while it is idle; its keeper then starts it again."""
        pause = SAVE_SECONDS
        while True:
            await asyncio.sleep(pause)
            began = time.monotonic()
            await self.save()
            pause = max(SAVE_SECONDS, (time.monotonic() - began) * SAVE_SHARE)
            is_quiet = began - self._moved > QUIET_SECONDS
            if is_quiet and self._saved_block - self._first_block > RENEW_BLOCKS:
                self._first_block = self._saved_block
                renew()

    async def save(self) -> None:
        """Save if there are new blocks. If the disk is full or the node does not answer, the next save tries again."""
        block = await self._block()
        if block is None or block == self._saved_block:
            return
        self._moved = time.monotonic()
        try:
            dumped = await call(self.port, "anvil_dumpState")
            await asyncio.to_thread(self._file.save, dumped)
        except (NodeError, OSError, ValueError):
            return
        self._saved_block = block

    async def _start(self, loaded: Path | None) -> Child:
        command = [
            str(self._program),
            "--host",
            self.port.host,
            "--port",
            str(self.port.number),
            "--no-cors",
            *HISTORY,
        ]
        if loaded:
            command += ["--load-state", str(loaded)]
        child = await self._processes.start("anvil", command, os.environ)
        await self._processes.until_listening(child, self.port)
        return child

    async def _block(self) -> int | None:
        try:
            return int(await call(self.port, "eth_blockNumber"), 16)
        except (NodeError, ValueError, TypeError):
            return None

    def _as_at_the_last_start(self) -> Path | None:
        """Set the damaged saved chain aside and return, if it exists, the plain file that was last made for anvil."""
        plain = self._file.plain if self._file.plain.exists() else None
        then = AS_AT_THE_LAST_START if plain else BEGINS_EMPTY
        set_aside(self._file.saved, "is damaged", self._report, then)
        return plain

    async def _start_without_saved(self) -> Child:
        """Start without the plain file, which is made from the saved file and will be made again."""
        why = "cannot be loaded by anvil"
        file = self._file.saved if self._file.saved.exists() else self._file.plain
        child = await start_without(file, lambda: self._start(None), why, self._report)
        self._file.plain.unlink(missing_ok=True)
        return child

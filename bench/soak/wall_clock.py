"""Wall clocks that the rig sets: a worker's time is the machine's time plus an offset, which jumps while it runs.

An offset is eight bytes in a file, shared by the rig and the worker. The worker's program, the AWS client and the
libraries read the time by `time.time` and `time.time_ns`, which are replaced in the worker's process. The monotonic
clock is not, as on a computer whose wall clock is set; nor is `datetime.now`, by which no lease and no end is
counted.
"""

from __future__ import annotations

import mmap
import time
from dataclasses import dataclass
from pathlib import Path

_SIZE = 8


@dataclass(frozen=True, slots=True)
class WallClocks:
    """One file for each process. A process that is restarted under its name has the clock of the earlier one."""

    folder: Path
    """The folder of the files with the offsets."""

    def file(self, name: str) -> Path:
        file = self.folder / f"{name}.clock"
        if not file.exists():
            file.write_bytes(bytes(_SIZE))
        return file

    def set(self, name: str, seconds: int) -> None:
        """`seconds` ahead of the machine's clock; negative: behind it."""
        with self.file(name).open("r+b") as opened:
            opened.write((seconds * 1_000_000_000).to_bytes(_SIZE, "little", signed=True))

    def set_right(self) -> None:
        for file in self.folder.glob("*.clock"):
            self.set(file.stem, 0)


def follow(file: str) -> None:
    """From now on this process's time has the offset in `file`."""
    with Path(file).open("rb") as opened:
        offset = mmap.mmap(opened.fileno(), _SIZE, prot=mmap.PROT_READ)
    read = time.time_ns

    def told() -> int:
        return read() + int.from_bytes(offset[:], "little", signed=True)

    time.time_ns = told
    time.time = lambda: told() / 1_000_000_000

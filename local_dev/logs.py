"""Log files of bounded size. A line that cannot be written is dropped and counted, so that logging never fails a
process.
"""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Callable
from pathlib import Path

LIMIT = 5 * 2**20
"""Maximum bytes of a log file; one older file of the same size is kept next to it (`worker-1.log.1`)."""
TAIL_LINES = 15
_LONGEST_LINE = 2_000


class Log:
    """The output of one process. `report` tells a person once if it cannot be written, with the reason."""

    def __init__(self, path: Path, report: Callable[[str], None], limit: int = LIMIT) -> None:
        self.dropped = 0
        self._path, self._report, self._limit = path, report, limit
        self._lines: deque[bytes] = deque(maxlen=TAIL_LINES)
        self._part = b""
        self._is_said = False
        self._file: int | None = None
        self._size = 0
        self._attempt(self._rotate)

    def write(self, data: bytes) -> None:
        self._remember(data)
        if self._attempt(lambda: self._append(data)):
            return
        self.dropped += max(1, data.count(b"\n"))

    def begin(self) -> None:
        """Forget the lines of an earlier process of the same name, of which the new one's `tail` must not consist."""
        self._lines.clear()
        self._part = b""

    def tail(self) -> str:
        """Return the last lines, including those that could not be written."""
        lines = [*self._lines, self._part] if self._part else list(self._lines)
        return "\n".join(line[:_LONGEST_LINE].decode(errors="replace") for line in lines[-TAIL_LINES:])

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _attempt(self, work: Callable[[], None]) -> bool:
        try:
            work()
        except OSError as error:
            if not self._is_said:
                self._is_said = True
                reason = error.strerror or type(error).__name__
                self._report(f"{self._path} cannot be written ({reason}); the lines are dropped until it can")
            with contextlib.suppress(OSError):
                self.close()
            return False
        return True

    def _append(self, data: bytes) -> None:
        if self._size > self._limit:
            self._rotate()
        if self._file is None:
            self._open()
        if self.dropped:
            self._put(b"-- %d lines before this could not be written --\n" % self.dropped)
            self.dropped = 0
        self._put(data)
        self._is_said = False

    def _put(self, data: bytes) -> None:
        written = os.write(self._file or 0, data)
        self._size += written
        if written < len(data):
            written += os.write(self._file or 0, data[written:])

    def _rotate(self) -> None:
        """Rename only a regular file; a device or a pipe that somebody put there stays."""
        self.close()
        if self._path.is_file() and not self._path.is_symlink():
            self._path.replace(self._path.with_name(self._path.name + ".1"))
        self._open()

    def _open(self) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._file = os.open(self._path, flags, 0o600)
        self._size = os.fstat(self._file).st_size

    def _remember(self, data: bytes) -> None:
        *lines, self._part = (self._part + data).split(b"\n")
        self._lines.extend(lines)
        self._part = self._part[-_LONGEST_LINE:]

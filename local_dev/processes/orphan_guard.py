"""Ends the process groups of a program that was killed, so that none of its processes stays behind, and no others."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterable

from local_dev.process_identity import started

# The script reads the living children, a line of `pid:start` pairs at each change, and kills the groups of the last
# line when its input ends, which is when the writing process has gone for whatever reason. A number that belongs to
# another process by then is left alone. Without /proc the start is unknown and only the number is compared.
SCRIPT = """
while read -r line; do children=$line; done
for child in $children; do
    pid=${child%%:*} began=${child#*:}
    if [ -n "$began" ] && [ -e "/proc/$pid/stat" ]; then
        rest=$(sed 's/.*) //' "/proc/$pid/stat") && set -- $rest
        shift 19
        [ "$1" = "$began" ] || continue
    fi
    kill -KILL "-$pid"
done
"""


class Guard:
    def __init__(self) -> None:
        self._shell: subprocess.Popen[bytes] | None = None

    def watch(self, groups: Iterable[int]) -> None:
        """Watch these process groups and no others. A guard that was killed is replaced."""
        line = " ".join(f"{pid}:{started(pid)}" for pid in groups).encode() + b"\n"
        for _ in range(2):
            shell = self._shell = self._shell or _start()
            try:
                if shell.stdin:
                    shell.stdin.write(line)
                return
            except OSError:
                self._drop()

    @property
    def pid(self) -> int:
        """0: there is no guard yet."""
        return self._shell.pid if self._shell else 0

    def let_go(self) -> None:
        """Make the guard act as if this process had been killed."""
        if self._shell:
            self._shell.communicate()
            self._drop()

    def close(self) -> None:
        if self._shell:
            self._shell.kill()
            self._drop()

    def _drop(self) -> None:
        if self._shell:
            self._shell.wait()
            with contextlib.suppress(OSError):
                if self._shell.stdin:
                    self._shell.stdin.close()
            self._shell = None


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["/bin/sh", "-c", SCRIPT],
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )

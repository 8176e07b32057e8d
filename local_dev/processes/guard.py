"""Ends the process groups of a program that was killed: nothing of it stays behind, and nothing else is touched."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterable

from local_dev.processes.identity import started

# Reads the children that live now, a line of `pid:start` pairs at each change, and kills the groups of the last line
# when its input ends: that is when the process that writes them is gone, however it went. A number that another
# process has by then is left alone. Where there is no /proc, numbers are all that is known.
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
        """From now on these process groups, and no others. A guard that was killed is replaced."""
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
        """0: there is none yet."""
        return self._shell.pid if self._shell else 0

    def let_go(self) -> None:
        """As if this process had been killed: the guard does its work."""
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

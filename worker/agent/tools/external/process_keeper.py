"""Runs one external server. When the worker ends, for whatever reason, it ends the server and all of its descendants.

`python -I -S keeper.py LIFELINE PROGRAM ARGUMENTS…`: LIFELINE is the number of an open pipe's reading end. The worker
holds the writing end, so the pipe closes when the worker ends, even by SIGKILL. On Linux every orphan among the
descendants becomes a child of this process, so a server behind `sh -c`, or one that has left its process group, is
found too. On Linux the program also runs in a Landlock domain of its own: it may inspect its own descendants, but no
other process of the same user, such as the worker, this process, another server, or the shell that started them. This
file runs before any of our packages can be imported.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
"""Numbers of system calls, which are the same on all architectures."""
LANDLOCK_VERSION = 1
"""The flag that requests the kernel's version of Landlock."""
RULE_PATH_BENEATH = 1
FS_MAKE_CHAR, FS_REFER = 1 << 6, 1 << 13
SCOPE_ABSTRACT_SOCKETS, SCOPE_SIGNALS = 1, 2
SCOPES_SINCE, REFER_SINCE = 6, 2
"""The versions of Landlock that introduced these."""
GRACE_SECONDS = 0.4
"""Time between SIGTERM and SIGKILL."""
_NOT_STARTED = 127
_LOOK_SECONDS = 0.02


def main(lifeline: int, command: list[str]) -> int:
    is_linux = sys.platform.startswith("linux")
    libc = ctypes.CDLL(None) if is_linux else None
    if libc:
        libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _wake)
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    signal.signal(signal.SIGCHLD, _wake)

    def end_with_keeper() -> None:
        signal.set_wakeup_fd(-1)
        if libc:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            _enclose(libc)

    try:
        child = subprocess.Popen(command, preexec_fn=end_with_keeper)  # noqa: PLW1509, S603 -- one thread only
    except OSError as error:
        sys.stderr.write(f"cannot be started: {error.strerror}\n")
        return _NOT_STARTED
    _let_go_of_the_pipes({lifeline, woken, waker})
    while child.poll() is None:
        ready, _, _ = select.select([lifeline, woken], [], [])
        if lifeline in ready or _was_told_to_end(woken):
            break
    _end(child)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def _enclose(libc: ctypes.CDLL) -> None:
    """Forbid the calling process and its descendants to trace, and so to read, any process outside of them.

    From version 6 on they also may not send signals to other processes or connect to their abstract sockets. A kernel
    without Landlock restricts nothing. No file is restricted: the right that a domain takes from itself is given back
    for the whole file tree.
    """
    version = libc.syscall(LANDLOCK_CREATE_RULESET, None, 0, LANDLOCK_VERSION)
    if version < 1:
        return
    scoped = version >= SCOPES_SINCE
    rights = FS_MAKE_CHAR | (FS_REFER if version >= REFER_SINCE else 0)
    words = (0, 0, SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS) if scoped else (rights,)
    wanted = struct.pack(f"={len(words)}Q", *words)
    ruleset = libc.syscall(LANDLOCK_CREATE_RULESET, wanted, len(wanted), 0)
    if not scoped:
        root = os.open("/", os.O_PATH)
        libc.syscall(LANDLOCK_ADD_RULE, ruleset, RULE_PATH_BENEATH, struct.pack("=Qi", rights, root), 0)
        os.close(root)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _wake(_number: int, _frame: object) -> None:
    """Python handles the signal and writes its number to the wake-up pipe."""


def _let_go_of_the_pipes(kept: set[int]) -> None:
    """Close our copies, so that only the server holds these, and the worker sees their end when the server closes one.

    uvloop, on which the worker runs, leaves a second copy of each under another number.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    first = 3
    for number in (*sorted(kept), os.sysconf("SC_OPEN_MAX")):
        os.closerange(first, number)
        first = number + 1


def _was_told_to_end(woken: int) -> bool:
    return any(number != signal.SIGCHLD for number in os.read(woken, 64))


def _end(child: subprocess.Popen[bytes]) -> None:
    """Send SIGTERM to the rest of the process tree, then SIGKILL until no process is left."""
    deadline = time.monotonic() + GRACE_SECONDS
    _signal(signal.SIGTERM)
    while _is_left(child) and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
    while _is_left(child):
        _signal(signal.SIGKILL)
        time.sleep(_LOOK_SECONDS)


def _is_left(child: subprocess.Popen[bytes]) -> bool:
    child.poll()
    with contextlib.suppress(ChildProcessError):
        while child.returncode is not None and os.waitpid(-1, os.WNOHANG)[0]:
            pass
    return child.returncode is None or bool(_descendants())


def _signal(number: signal.Signals) -> None:
    for pid in _descendants():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _descendants() -> list[int]:
    """Read the descendants from /proc; elsewhere use the process group, which is this process's own."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            state, parent = entry.read_text(errors="replace").rpartition(")")[2].split()[:2]
            if state not in "ZX":
                parents[int(entry.parent.name)] = int(parent)
    found = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found - {os.getpid()})


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))

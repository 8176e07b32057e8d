"""A process's identity besides its number: its start time, which no later process of that number shares."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path


def started(pid: int) -> str:
    """The process's start, in clock ticks since the computer's start. `""`: there is no such process, or the start
    is unknown.
    """
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    return ""


def kill_group(pid: int, began: str) -> bool:
    """End the process group of the leader that started at `began`; a group with another leader is left alone."""
    if not began or started(pid) != began:
        return False
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
        return True
    return False

"""What the processes of a running stack use, as Linux's /proc tells."""

from __future__ import annotations

import os
from pathlib import Path

from bench.figures import Figure
from local_dev.stack_process import RunningStack

_TICKS = os.sysconf("SC_CLK_TCK")


def pids(stack: RunningStack) -> dict[str, int]:
    return {"stack, which holds the others": stack.process.pid, **stack.processes()}


def memory(stack: RunningStack, when: str) -> list[Figure]:
    return [Figure(f"{name}, {when}", _resident_mb(pid), "MB") for name, pid in pids(stack).items()]


def cpu_seconds(stack: RunningStack) -> dict[str, float]:
    return {name: _cpu_seconds(pid) for name, pid in pids(stack).items()}


def _resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS

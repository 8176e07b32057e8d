"""`without_rights.py ARGUMENT…` starts Python with these arguments, without root's right to look into other processes.

A program in a container is no root either. A process that drops such a right keeps it until it starts a program.
"""

from __future__ import annotations

import ctypes
import os
import sys

PR_CAPBSET_DROP = 24
RIGHTS_OF_ROOT = (19, 21, 38)
"""CAP_SYS_PTRACE, CAP_SYS_ADMIN and CAP_PERFMON: each may read other processes' memory."""


def drop() -> None:
    for right in RIGHTS_OF_ROOT:
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, right, 0, 0, 0)


if __name__ == "__main__":
    drop()
    os.execv(sys.executable, [sys.executable, *sys.argv[1:]])

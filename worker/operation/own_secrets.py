"""Keeps the worker's secrets from the programs that it starts for others (`mcp.json`)."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import MutableMapping

PR_SET_DUMPABLE = 4

KEPT = frozenset({"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "TZ", "TMPDIR", "LANG", "HOSTNAME"})
KEPT_BEGINNINGS = ("LC_", "PYTHON", "SSL_", "POWERTOOLS_", "AWS_")
"""Libraries read these while the worker runs; botocore reads some of AWS_… again whenever it renews credentials."""
SECRET = frozenset({"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_BEARER_TOKEN_BEDROCK"})
"""botocore has read these by the time at which its clients exist."""


def hide(environment: MutableMapping[str, str]) -> None:
    """Call it when everything has been built, and before the first program starts.

    The memory that /proc/PID/environ shows keeps what the process was started with, so the kernel is told that other
    processes of the same user may read neither that nor the memory. Core dumps and debuggers are refused with it.
    """
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    remove(environment)


def remove(environment: MutableMapping[str, str]) -> None:
    """Leave in `environment` what libraries need while the worker runs, and no secret."""
    for name in list(environment):
        if name in SECRET or not (name in KEPT or name.startswith(KEPT_BEGINNINGS)):
            del environment[name]

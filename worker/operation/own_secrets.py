"""Keeps the worker's secrets from the programs of `mcp.json`, which it starts."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import MutableMapping

PR_SET_DUMPABLE = 4

KEPT = frozenset({"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "TZ", "TMPDIR", "LANG", "HOSTNAME"})
KEPT_BEGINNINGS = ("LC_", "PYTHON", "SSL_", "POWERTOOLS_", "AWS_")
"""Libraries read these while the worker runs; botocore reads some of AWS_… again each time it renews credentials."""
SECRET = frozenset({"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_BEARER_TOKEN_BEDROCK"})
"""botocore has read these once its clients exist."""


def hide(environment: MutableMapping[str, str]) -> None:
    """Call this when everything has been built and before the first program starts.

    The memory behind /proc/PID/environ keeps the environment with which the process was started, so the kernel is
    told that other processes of the same user may read neither that nor the memory. This also refuses core dumps and
    debuggers.
    """
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    remove(environment)


def remove(environment: MutableMapping[str, str]) -> None:
    """Keep in `environment` what libraries need while the worker runs, and no secret."""
    for name in list(environment):
        if name in SECRET or not (name in KEPT or name.startswith(KEPT_BEGINNINGS)):
            del environment[name]

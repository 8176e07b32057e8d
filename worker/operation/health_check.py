"""The container's health check: exit status 1 if the worker's event loop has not touched its file recently.

It runs every few seconds next to the worker, so it imports very little: `python -I -S health_check.py FILE`.
"""

import os
import sys
import time

STALE_SECONDS = 20
"""Ten beats. Garbage collection and a busy processor delay a loop by less."""


def is_alive(path: str, now: float) -> bool:
    """`now`: seconds since 1970."""
    try:
        return now - os.stat(path).st_mtime < STALE_SECONDS
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(0 if is_alive(sys.argv[1], time.time()) else 1)

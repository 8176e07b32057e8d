"""`python -m worker`: the container's entry point."""

import contextlib
import gc
import os
import sys

import uvloop


def main() -> None:
    # Importing makes half a million objects and no garbage: looking for some costs a fifth of the start.
    gc.disable()
    from worker.operation.own_secrets import hide
    from worker.program import run

    gc.freeze()
    gc.enable()
    # What is built gets a copy; the process's own environment is emptied before the first program starts.
    uvloop.run(run(dict(os.environ), lambda: hide(os.environ)))
    with contextlib.suppress(OSError):  # a log that cannot be written is no reason to fail
        sys.stdout.flush()
    # Everything is closed; taking the interpreter and its libraries down would take another second.
    os._exit(0)


if __name__ == "__main__":
    main()

"""`python -m worker`: the container's entry point."""

import contextlib
import gc
import os
import sys

import uvloop

YOUNG_OBJECTS = 7_000
"""Objects that are made before the garbage collector looks at the young ones: ten times the usual number, because most
of a token's objects are gone by then.
"""


def main() -> None:
    # Garbage collection is off during import: the imports create half a million objects and no garbage, and
    # collecting costs a fifth of the start.
    gc.disable()
    from worker.operation.own_secrets import hide
    from worker.program import run

    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
    gc.enable()
    # The settings are read from a copy; the process's own environment is emptied before the first program starts.
    uvloop.run(run(dict(os.environ), lambda: hide(os.environ)))
    with contextlib.suppress(OSError):  # the worker does not fail because a log cannot be written
        sys.stdout.flush()
    # Everything is closed by now. Leaving without the interpreter's own shutdown saves another second.
    os._exit(0)


if __name__ == "__main__":
    main()

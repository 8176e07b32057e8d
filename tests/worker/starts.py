"""Runs `python -m worker` in each of the environments that standard input lists, from one import of the worker.

It prints how each start ended, in the same order. Importing the worker takes more than a second of processor time.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import sys
import tempfile

for common in ("uvloop", "worker.program"):
    importlib.import_module(common)
gc.freeze()


def start(environment: dict[str, str]) -> dict[str, object]:
    with tempfile.TemporaryFile() as output:
        if not (started := os.fork()):
            os.environ.clear()
            os.environ.update(environment)
            for stream in (1, 2):
                os.dup2(output.fileno(), stream)
            runpy.run_module("worker", run_name="__main__", alter_sys=True)
            sys.exit()
        _, status = os.waitpid(started, 0)
        output.seek(0)
        return {"status": os.waitstatus_to_exitcode(status), "said": output.read().decode()}


if __name__ == "__main__":
    json.dump([start(each) for each in json.load(sys.stdin)], sys.stdout)

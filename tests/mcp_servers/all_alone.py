"""Runs each server as `python -m worker.mcp_servers.<name> --http --port <port>` does, from one import of them all.

Arguments: `name:port` each. Starting one costs seconds of imports; here each is a process of its own all the same.
"""

from __future__ import annotations

import importlib
import os
import runpy
import sys

importlib.import_module("worker.mcp_servers")  # all that the processes have in common

for argument in sys.argv[1:]:
    name, _, port = argument.partition(":")
    if os.fork() == 0:
        sys.argv = [name, "--http", "--port", port]
        runpy.run_module(f"worker.mcp_servers.{name}", run_name="__main__")
        os._exit(0)
for _ in sys.argv[1:]:
    os.wait()

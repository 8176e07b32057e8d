"""Runs each server as `python -m worker.mcp_servers.<name> --http --port <port>` does, from one import of all of
them.

Arguments: `name:port` each. Starting a server costs seconds of imports; here each is still a process of its own.
"""

from __future__ import annotations

import importlib
import os
import runpy
import sys

for common in ("fastmcp.server.http", "uvicorn", "worker.mcp_servers.own_servers"):
    importlib.import_module(common)

for argument in sys.argv[1:]:
    name, _, port = argument.partition(":")
    if os.fork() == 0:
        sys.argv = [name, "--http", "--port", port]
        runpy.run_module(f"worker.mcp_servers.{name}", run_name="__main__")
        os._exit(0)
for _ in sys.argv[1:]:
    os.wait()

"""What it costs to import a function, as each cold start does: processor time beyond the bare interpreter's."""

from __future__ import annotations

import os
import resource
import subprocess
import sys

from bench.figures import Figure
from local_dev.processes import ROOT

COLD_START_BUDGET = 600.0
"""Milliseconds of a function with FastAPI, Mangum, logger, metrics and clients (docs/architecture.md)."""
PATHS = os.pathsep.join(str(ROOT / part) for part in ("", "layers/forge"))


def imports(rounds: int) -> list[Figure]:
    """Handlers with their clients made, as Lambda makes them (`AWS_LAMBDA_INITIALIZATION_TYPE`)."""
    bare = _milliseconds("pass", rounds)
    names = sorted(path.parent.name for path in (ROOT / "functions").glob("*/handler.py"))
    figures = [Figure("bare interpreter", bare, "ms")]
    for name in names:
        milliseconds = _milliseconds(f"import functions.{name}.handler", rounds) - bare
        figures.append(Figure(name, milliseconds, "ms", COLD_START_BUDGET))
    return figures


def _milliseconds(code: str, rounds: int) -> float:
    """The least of `rounds`, because what disturbs only ever adds."""
    return min(_processor_time(code) for _ in range(rounds)) * 1000


def _processor_time(code: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": PATHS,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "FORGE_TABLE": "Table",
        "FORGE_QUEUE_URL": "http://127.0.0.1:9/queue.fifo",
        "FORGE_CONNECTIONS_URL": "http://127.0.0.1:9/ws",
    }
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd=ROOT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)

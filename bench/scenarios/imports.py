"""The cost of importing a function, as each cold start does: processor time beyond that of the bare interpreter."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from importlib.metadata import packages_distributions

from bench.figures import Figure
from bench.suite import Scenario, Size
from local_dev.repository import ROOT

PATHS = os.pathsep.join(str(ROOT / part) for part in ("", "layers/forge"))
REFERENCE = """
from aws_lambda_powertools import Logger, Metrics
from botocore.session import get_session
from fastapi import FastAPI
from mangum import Mangum

session = get_session()
clients = [session.create_client(service) for service in ("dynamodb", "sqs")]
app = FastAPI()
app.get("/health")(lambda: "OK")
handler, logger, metrics = Mangum(app), Logger(service="bench"), Metrics(namespace="bench", service="bench")
"""
"""The cost of a handler with these libraries before it has a line of its own."""
OWN_SHARE = 1.2
"""The largest permitted cost of a function, relative to that of its libraries alone on the same machine."""
DEAREST = "the dearest function, in its libraries"


async def measure(size: Size) -> list[Figure]:
    return await asyncio.to_thread(imports, size.of(3, 1))


def imports(rounds: int) -> list[Figure]:
    """Handlers with their clients made, as Lambda makes them (`AWS_LAMBDA_INITIALIZATION_TYPE`)."""
    hidden = _not_shipped()
    bare = _milliseconds("pass", rounds, hidden)
    reference = _milliseconds(REFERENCE, rounds, hidden) - bare
    names = sorted(path.parent.name for path in (ROOT / "functions").glob("*/handler.py"))
    figures = [
        Figure("bare interpreter", bare, "ms"),
        Figure("libraries: FastAPI, Mangum, Powertools, two clients", reference, "ms"),
    ]
    for name in names:
        milliseconds = _milliseconds(f"import functions.{name}.handler", rounds, hidden) - bare
        figures.append(Figure(name, milliseconds, "ms", round(reference * OWN_SHARE), reference))
    most = max(figure.value for figure in figures[2:]) / reference
    return [*figures, Figure(DEAREST, most, "×", OWN_SHARE)]


def _milliseconds(code: str, rounds: int, hidden: list[str]) -> float:
    """Return the smallest of `rounds`, because disturbances only add time."""
    return min(_processor_time(code, hidden) for _ in range(rounds)) * 1000


def _processor_time(code: str, hidden: list[str]) -> float:
    """Run `code` in an interpreter that cannot see the packages in `hidden`; the interpreter's own end does not
    count.
    """
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": PATHS,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "FORGE_TABLE": "Table",
        "FORGE_QUEUE_URL": "http://127.0.0.1:9/queue.fifo",
        "FORGE_CONNECTIONS_URL": "http://127.0.0.1:9/ws",
    }
    program = (
        f"import sys, time\nsys.modules.update(dict.fromkeys({hidden!r}))\n{code}\nprint(time.process_time())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, env=environment, cwd=ROOT, capture_output=True, text=True
    )
    return float(done.stdout)


def _not_shipped() -> list[str]:
    """Return packages that are installed here and not in the layer, because libraries import some of them if they
    exist.
    """
    hidden = _locked("dev") - _locked("layer")
    return sorted(
        package
        for package, distributions in packages_distributions().items()
        if {_normalized(name) for name in distributions} <= hidden
    )


def _locked(which: str) -> set[str]:
    lines = (ROOT / "requirements" / f"{which}.txt").read_text()
    return {_normalized(name) for name in re.findall(r"^([\w.\[\]-]+)==", lines, re.MULTILINE)}


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.partition("[")[0]).lower()


SCENARIO = Scenario("Import of each function (processor time)", measure)

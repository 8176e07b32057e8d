"""A function's imports are a part of each cold start, so it imports no more than its endpoint needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest

from forge.store import approval_claims, inbox, sessions, ticket_items, tool_pins
from forge.store.endings import account_sessions
from forge.store.running import call_journal, delivery_failures, fenced_runs, spending_totals
from tests.patience import PATIENCE_SECONDS
from tests.template import ROOT, http_routes, socket_routes

pytestmark = pytest.mark.processes

SOCKETS = sorted(set(socket_routes().values()))
HTTP = sorted({route.folder for route in http_routes()})
OTHERS = ["expire_session", "recover_runs"]


LAMBDA = {
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nothing",
    "FORGE_TABLE": "Table",
    "FORGE_QUEUE_URL": "http://127.0.0.1:9/queue.fifo",
    "FORGE_CONNECTIONS_URL": "http://127.0.0.1:9/ws",
}
"""Where a function makes what it needs when it is imported; nothing is called."""


def imported(folders: list[str], variables: dict[str, str] | None = None) -> set[str]:
    """The modules of a new process, without any other configuration, that has imported these functions."""
    names = ", ".join(f"functions.{folder}.handler" for folder in folders)
    code = f"import json, sys, {names}; print(json.dumps(sorted(sys.modules)))"
    return set(told_by(code, variables))


def told_by(code: str, variables: dict[str, str] | None = None) -> Any:
    """The JSON that a new process of Python writes, which has only these variables."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{ROOT / 'layers/forge'}"}
    result = subprocess.run(
        [sys.executable, "-c", code],
        env=environment | (variables or {}),
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_SECONDS,
    )
    return json.loads(result.stdout)


def test_functions_without_http_import_no_web_framework() -> None:
    assert not {"fastapi", "starlette", "mangum", "jwt", "boto3", "uvicorn"} & imported([*SOCKETS, *OTHERS])


def test_endpoints_import_neither_tokens_nor_aws_before_they_need_them() -> None:
    unwanted = {"jwt", "cryptography", "boto3", "botocore.client", "uvicorn", "worker", "pydantic_ai"}
    assert not unwanted & imported(HTTP)


def modules_of(*parts: ModuleType) -> set[str]:
    return {part.__name__ for part in parts}


def test_functions_import_neither_botocore_nor_a_part_of_the_store_that_they_do_not_use() -> None:
    """While Lambda starts them, they import the parts that they name, and no others."""
    of_workers = modules_of(delivery_failures, call_journal, tool_pins, fenced_runs, spending_totals)
    of_others = modules_of(account_sessions, approval_claims, inbox, sessions, ticket_items)
    by_all = imported([*HTTP, *SOCKETS, *OTHERS], LAMBDA)
    assert not of_workers & by_all
    assert "botocore.client" not in by_all
    assert "forge.store.controls" in (wrong_frames := imported(["ws_default"], LAMBDA))
    assert not of_others & wrong_frames


TELLING = ("opentelemetry.sdk", "opentelemetry.exporter", "opentelemetry.proto", "google.protobuf")
"""What sends traces. The bare API of OpenTelemetry comes with FastAPI, pydantic-ai and FastMCP, and does nothing."""


def telling(modules: set[str]) -> set[str]:
    return {name for name in modules if name.startswith(TELLING)}


def test_functions_import_nothing_that_sends_traces() -> None:
    assert telling(imported([*HTTP, *SOCKETS, *OTHERS])) == set()


def test_a_worker_imports_what_sends_traces_only_when_there_is_somebody_to_send_them_to() -> None:
    code = """
import json, sys
from worker.program import _tracing
from worker.settings import WorkerSettings
told = []
for variables in ({}, {"otel_exporter_otlp_endpoint": "http://127.0.0.1:9"}):
    settings = WorkerSettings(forge_table="t", **variables)
    told.append([_tracing(settings, {}).is_on, sorted(sys.modules)])
print(json.dumps(told))
"""
    (off, without), (on, beside) = told_by(code)
    assert (off, on) == (False, True)
    assert telling(set(without)) == set()
    assert telling(set(beside)) != set()

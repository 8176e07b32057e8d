"""What a function imports is a part of each cold start: no more than its endpoint needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.template import ROOT, http_routes, socket_routes

SOCKETS = sorted(set(socket_routes().values()))
HTTP = sorted({route.folder for route in http_routes()})
OTHERS = ["expire_session", "recover_runs"]


def imported(folder: str) -> set[str]:
    """Top-level names and ours, after the handler's import in a new process without any configuration."""
    code = f"import functions.{folder}.handler, json, sys; print(json.dumps(sorted(sys.modules)))"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{ROOT / 'layers/forge'}"}
    result = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=50
    )
    return set(json.loads(result.stdout))


@pytest.mark.parametrize("folder", [*SOCKETS, *OTHERS])
def test_a_function_without_http_imports_no_web_framework(folder: str) -> None:
    assert not {"fastapi", "starlette", "mangum", "jwt", "boto3", "uvicorn"} & imported(folder)


@pytest.mark.parametrize("folder", HTTP)
def test_an_endpoint_imports_neither_tokens_nor_aws_before_it_needs_them(folder: str) -> None:
    unwanted = {"jwt", "cryptography", "boto3", "botocore.client", "uvicorn", "worker", "pydantic_ai"}
    assert not unwanted & imported(folder)

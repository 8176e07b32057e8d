"""A worker whose settings are wrong says so in a sentence, and ends."""

from __future__ import annotations

import subprocess
import sys

import pytest

from local_dev.repository import ROOT
from tests.patience import PATIENCE_SECONDS

ENVIRONMENT = {
    "PYTHONPATH": f"{ROOT}:{ROOT / 'layers/forge'}",
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "FORGE_TABLE": "forge",
    "FORGE_QUEUE_URL": "http://127.0.0.1:9/runs.fifo",
    "FORGE_WEBSOCKET_ENDPOINT": "http://127.0.0.1:9",
}


@pytest.mark.processes
@pytest.mark.parametrize("name", ["gpt:4", "anthropic:"])
def test_an_llm_that_is_not_known_is_named_without_a_traceback(name: str) -> None:
    worker = subprocess.run(
        [sys.executable, "-m", "worker"],
        env={**ENVIRONMENT, "FORGE_LLM": name},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert worker.returncode == 1
    assert (
        f"The worker cannot start. FORGE_LLM is “{name}”, which is not known. Use one of: " in worker.stderr
    )
    assert "Traceback" not in worker.stdout + worker.stderr

"""A third-party program runs as the worker's user, and cannot read any of the worker's secrets."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mcp_servers.conftest import ROOT
from tests.mcp_servers.external.without_rights import drop
from tests.unlisted import tried
from worker.operation.own_secrets import KEPT, KEPT_BEGINNINGS, SECRET, remove

pytestmark = pytest.mark.processes

CHILD = "import os; print(open(f'/proc/{os.getppid()}/environ').read(), dict(os.environ))"
PARENT = """
import os, subprocess, sys
from worker.operation.own_secrets import hide
if sys.argv[1] == "hidden":
    hide(os.environ)
child = subprocess.run([sys.executable, "-c", sys.argv[2]], capture_output=True, text=True)
print(child.stdout, child.stderr)
"""


def seen_by_a_child(mode: str) -> str:
    """Without the right to look into other processes, which root has and the container's user has not."""
    command = [sys.executable, "-c", PARENT, mode, CHILD]
    environment = {**os.environ, "ANTHROPIC_API_KEY": "s3cret", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, preexec_fn=drop
    )
    return done.stdout + done.stderr


def test_a_program_of_a_stranger_cannot_read_the_workers_environment() -> None:
    assert "s3cret" in seen_by_a_child("open")
    seen = seen_by_a_child("hidden")
    assert "s3cret" not in seen
    assert "PermissionError" in seen


@given(st.dictionaries(st.from_regex(r"[A-Z][A-Z_]{0,20}", fullmatch=True), st.just("s3cret"), max_size=5))
def test_what_no_library_needs_while_the_worker_runs_is_gone(variables: dict[str, str]) -> None:
    tried("worker: variables", sorted(variables))
    environment = {**variables, "PATH": "/bin", "AWS_SESSION_TOKEN": "s3cret"}
    known = {name for name in variables if name.startswith(KEPT_BEGINNINGS) and name not in SECRET}
    remove(environment)
    assert environment["PATH"] == "/bin"
    assert set(environment) <= known | KEPT

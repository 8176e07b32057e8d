"""The layer's bytecode: compiled by any available Python 3.13, or missing with a clear message."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.template import ROOT

pytestmark = pytest.mark.processes

SAID = "No Python 3.13 was found"


def plan(home: Path, programs: Path) -> str:
    """What `make` would do, and what it warns of."""
    done = subprocess.run(
        ["make", "-n", "build-ForgeLayer", f"ARTIFACTS_DIR={home}", "uv=false"],
        cwd=ROOT / "layers" / "forge",
        env={"HOME": str(home), "PATH": f"{programs}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("place", ["bin", ".pyenv/versions/3.13.1/bin"])
def test_a_python_313_on_the_path_or_of_pyenv_compiles(tmp_path: Path, place: str) -> None:
    program = tmp_path / place / "python3.13"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    said = plan(tmp_path, tmp_path / "bin")
    assert "-m compileall" in said
    assert SAID not in said


def test_a_layer_without_bytecode_says_so(tmp_path: Path) -> None:
    said = plan(tmp_path, tmp_path)
    assert SAID in said
    assert "-m compileall" not in said

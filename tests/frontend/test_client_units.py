"""The client's own tests run under node; this is where pytest sees them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NODE = shutil.which("node")


@pytest.mark.parametrize("file", sorted(HERE.glob("*.test.js")), ids=lambda file: file.name)
def test_node_test(file: Path) -> None:
    assert NODE, "Node.js is needed for the tests of the page"
    done = subprocess.run([NODE, "--test", str(file)], capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stdout + done.stderr


def test_types_are_checked_without_a_complaint() -> None:
    root = HERE.parents[1]
    compiler = root / "node_modules/.bin/tsc"
    done = subprocess.run(
        [compiler, "--project", root / "frontend/jsconfig.json"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout

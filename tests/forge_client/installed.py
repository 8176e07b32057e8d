"""The Python client installed into an environment of its own, as another project has it.

Nothing comes from a network: uv contains the build backend, and the client's dependencies are borrowed from the
environment that runs the tests. That environment's own path file is not read there, so the checkout's package is not
visible.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "clients" / "python"


def install(home: Path, source: str) -> Path:
    """Make an environment in `home`, install `source` there by uv, and return the folder of its programs."""
    uv(home, "venv", "--quiet", "--python", sys.executable, str(home))
    programs = home / "bin"
    target = ("--no-deps", "--no-cache", "--python", str(programs / "python"))
    uv(home, "pip", "install", "--quiet", *target, source)
    [packages] = home.glob("lib/python*/site-packages")
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return programs


def uv(folder: Path, *arguments: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    done = subprocess.run(
        [Path(sys.executable).parent / "uv", "--offline", *arguments],
        cwd=folder.parent,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr

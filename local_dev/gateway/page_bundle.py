"""Bundles the page's modules into one small file with its source map, by esbuild; without esbuild the modules are
served as they are.

Working on the page does not need the bundle: `frontend/` runs unbuilt, and editors, type checks and other pages use
it in that form.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from local_dev.repository import ROOT

MAIN = "page/main.js"
SECONDS = 20
_OPTIONS = ("--bundle", "--format=esm", "--target=es2022", "--minify", "--sourcemap", "--log-level=silent")


def esbuild() -> Path | None:
    """Return the esbuild binary, as npm installs it for this machine."""
    return next((ROOT / "node_modules" / "@esbuild").glob("*/bin/esbuild"), None)


def bundle(folder: Path) -> Mapping[str, bytes] | None:
    """Return the bundle and its source map, by their paths. None: there is no esbuild, or a module has an error.

    In the second case the browser gets the modules unchanged and shows the error.
    """
    program = esbuild()
    if program is None or not (folder / MAIN).exists():
        return None
    with TemporaryDirectory() as made:
        out = Path(made) / MAIN
        command = [str(program), str(folder / MAIN), *_OPTIONS, f"--outfile={out}"]
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
        if done.returncode:
            return None
        return {MAIN: out.read_bytes(), f"{MAIN}.map": out.with_name("main.js.map").read_bytes()}

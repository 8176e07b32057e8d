"""The worker's image, built from `worker/Dockerfile` by Debian's buildah, which needs no daemon.

Its base images come from a registry, which this computer may not reach. A stand-in of the same name is made from the
Python 3.13 of this computer and the few programs that the Dockerfile runs, so a build here says nothing about the
real base image.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from local_dev.repository import ROOT
from tests.deployed.account import PYTHON

BASE = "docker.io/library/python:3.13-slim"
IMAGE = "localhost/forge-mcp-worker"
STORE = ROOT / ".tools" / "images"
_PROGRAMS = ("sh", "mkdir", "cp", "ln", "rm", "install", "useradd", "setcap", "setpriv")
_OF_WHEELS = (
    *("libc.so.6", "libdl.so.2", "libgcc_s.so.1", "libm.so.6", "libpthread.so.0", "libresolv.so.2"),
    *("librt.so.1", "libstdc++.so.6", "libutil.so.1", "libz.so.1"),
)
"""What manylinux wheels expect of any system (PEP 600)."""
_FILES = ("/etc/login.defs", "/etc/nsswitch.conf")
_LEFT_OUT = shutil.ignore_patterns("test", "idlelib", "tkinter", "site-packages", "*.a")


def buildah(*arguments: str, **options: Any) -> str:
    command = ["buildah", "--root", str(STORE), "--runroot", str(STORE / "run"), *arguments]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT, **options
    )
    assert done.returncode == 0, done.stdout
    return done.stdout.strip()


def make_base(folder: Path) -> None:
    """The stand-in, unless this file has made it before. `folder`: an empty one, for its files."""
    maker = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    if buildah("images", "--quiet", "--filter", f"label=maker={maker}"):
        return
    # What an older base was the beginning of is of no use any more, and takes gigabytes.
    buildah("rm", "--all")
    buildah("rmi", "--all", "--force")
    _write_system(folder)
    container = buildah("from", "--quiet", "scratch").splitlines()[-1]
    buildah("copy", "--quiet", container, str(folder), "/")
    buildah(
        "config", "--label", f"maker={maker}", "--env", "PATH=/usr/local/bin:/usr/bin:/usr/sbin", container
    )
    buildah("commit", "--quiet", "--rm", container, BASE)


def build_image(folder: Path) -> None:
    """`folder`: for a copy of the Dockerfile, because buildah 1.28 finds no stage whose name has an argument in it."""
    dockerfile = folder / "Dockerfile"
    text = (ROOT / "worker/Dockerfile").read_text()
    dockerfile.write_text(re.sub(r"^(FROM \w+-)\$\{WITH_\w+\}", r"\g<1>0", text, flags=re.MULTILINE))
    mounts = [f"--volume={path}:{path}:ro" for path in _pip_paths()]
    buildah(
        *("bud", "--quiet", "--isolation", "chroot", "--pull-never", "--layers", *mounts),
        *(
            "--ignorefile",
            "worker/Dockerfile.dockerignore",
            "--file",
            str(dockerfile),
            "--tag",
            IMAGE,
            ".",
        ),
    )


def configuration() -> dict[str, Any]:
    """`User`, `Env`, `Cmd`, `WorkingDir` and so on."""
    return json.loads(buildah("inspect", "--type", "image", IMAGE))["Docker"]["config"]


def _write_system(folder: Path) -> None:
    for name in ("bin", "lib", "lib64", "sbin"):
        (folder / "usr" / name).mkdir(parents=True)
        (folder / name).symlink_to(f"usr/{name}")
    for name in ("tmp", "proc", "dev", "root", "usr/local/bin"):
        (folder / name).mkdir(parents=True)
    python = Path(
        json.loads(_said(str(PYTHON), "-c", "import json, sys; print(json.dumps(sys.base_prefix))"))
    )
    for part in ("bin", "lib"):
        shutil.copytree(
            python / part, folder / python.relative_to("/") / part, symlinks=True, ignore=_LEFT_OUT
        )
    (folder / "usr/local/bin/python").symlink_to(python / "bin" / "python3.13")
    programs = [Path(found) for name in _PROGRAMS if (found := shutil.which(name, path="/usr/bin:/usr/sbin"))]
    of_wheels = [next(Path("/usr/lib").glob(f"*-linux-gnu/{name}")) for name in _OF_WHEELS]
    linked = _libraries([*programs, *of_wheels, *(python / "lib").rglob("*.so")])
    for file in {*programs, *of_wheels, *map(Path, _FILES), *linked}:
        if (copy := folder / file.relative_to("/")).exists():
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    (folder / "usr/bin/apt-get").write_text("#!/bin/sh\n# What the Dockerfile installs is there already.\n")
    (folder / "usr/bin/apt-get").chmod(0o755)
    (folder / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (folder / "etc/group").write_text("root:x:0:\n")
    (folder / "etc/pip.conf").write_text(_pip_settings())


def _libraries(files: Iterable[Path]) -> Iterator[Path]:
    for line in _said("ldd", *map(str, files)).splitlines():
        if found := re.search(r"(/\S+) \(0x", line):
            yield Path(found[1])


def _pip_settings() -> str:
    """Those of this computer: mirrors and certificates."""
    listed = _said("python3", "-m", "pip", "config", "list")
    pairs = re.findall(r"^(?:global|:env:)\.([\w-]+)='(.*)'$", listed, re.MULTILINE)
    lines = [f"{name} = {value}" for name, value in dict(pairs).items() if name != "constraint"]
    return "\n".join(["[global]", *lines, ""])


def _pip_paths() -> list[str]:
    """Folders that they name; the files of a local index lie beside it."""
    settings = _pip_settings()
    indexes = [os.path.dirname(path.rstrip("/")) for path in re.findall(r"file://(/[^\s']+)", settings)]
    folders = re.findall(r"(?:^|\s)(/[^\s']+)", settings)
    certificates = ["/etc/ssl", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates"]
    return sorted({path for path in [*indexes, *folders, *certificates] if os.path.isdir(path)} - {"/"})


def _said(*command: str) -> str:
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout

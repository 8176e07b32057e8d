"""The messages of the set-up if something is missing, and that the environment survives moves of its folder."""

from __future__ import annotations

import os
import re
import shutil
import site
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from local_dev.repository import ROOT

pytestmark = pytest.mark.processes

TOOLS = ("bash", "dirname", "env", "sed", "awk", "make", "printf", "touch", "mkdir", "uname", "head")


def folder_of_tools(place: Path, **pythons: str) -> Path:
    """A folder for PATH with the few tools that set-up needs; each of `pythons` claims to be that version."""
    place.mkdir()
    for tool in TOOLS:
        if found := shutil.which(tool):
            (place / tool).symlink_to(found)
    for name, version in pythons.items():
        program = place / name.replace("_", ".")
        supported = tuple(map(int, version.split("."))) >= (3, 11)
        answer = f"exit {0 if supported else 1}"
        program.write_text(
            f'#!/bin/bash\n[ "$1" = --version ] && echo "Python {version}" && exit 0\n{answer}\n'
        )
        program.chmod(0o755)
    return place


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """An empty clone, as far as set-up is concerned."""
    copy = tmp_path / "a clone é 日本"
    (copy / "scripts").mkdir(parents=True)
    for name in ("scripts/setup.sh", "Makefile"):
        shutil.copy(ROOT / name, copy / name)
    shutil.copytree(ROOT / "requirements", copy / "requirements")
    return copy


def run_make(checkout: Path, path: Path, *goals: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment: Mapping[str, str] = {"PATH": str(path), "HOME": str(checkout), **variables}
    return subprocess.run(
        ["make", *goals], cwd=checkout, env=environment, capture_output=True, text=True, timeout=90
    )


def test_an_old_python_is_named_with_the_command_that_helps(checkout: Path, tmp_path: Path) -> None:
    done = run_make(checkout, folder_of_tools(tmp_path / "bin", python3="3.10.13"), "run")
    assert done.returncode != 0
    assert "Python 3.11 or newer is required; found Python 3.10.13." in done.stderr
    assert "make run PYTHON=/path/to/python3.11" in done.stderr


def test_no_python_at_all_is_said_in_one_line(checkout: Path, tmp_path: Path) -> None:
    done = run_make(checkout, folder_of_tools(tmp_path / "bin"), "setup")
    said = [line for line in done.stderr.splitlines() if line.startswith("setup:")]
    assert said == [
        "setup: Python 3.11 or newer is required; found no python3. "
        "Install it, or name one: make setup PYTHON=/path/to/python3.11"
    ]


@pytest.mark.parametrize("named", ["python3.10", "no-such-python", "/nowhere/python3"])
def test_a_python_that_was_named_is_taken_or_refused_never_replaced(
    checkout: Path, tmp_path: Path, named: str
) -> None:
    path = folder_of_tools(tmp_path / "bin", python3="3.11.7", python3_10="3.10.1")
    done = run_make(checkout, path, "run", f"PYTHON={named}")
    assert done.returncode != 0
    assert f"PYTHON={named} is not Python 3.11 or newer" in done.stderr


def test_a_missing_network_is_suspected_when_a_package_cannot_be_had(checkout: Path, tmp_path: Path) -> None:
    path = folder_of_tools(tmp_path / "bin")
    (path / "python3").symlink_to(sys.executable)
    done = run_make(checkout, path, "run", PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_RETRIES="0")
    assert done.returncode != 0
    assert "uv could not be installed; the reason stands above. Is there a network" in done.stderr


@pytest.mark.parametrize(
    ("parts", "passes"), [("true true", True), ("false true", False), ("true false", False)]
)
def test_a_part_that_fails_at_once_fails_the_set_up(parts: str, passes: bool) -> None:
    """Often, because a part may have ended before anybody waits for it."""
    script = (ROOT / "scripts/setup.sh").read_text()
    [at_once] = re.findall(r"(?ms)^at_once\(\) \{.*?^\}", script)
    often = f"for _ in {{1..50}}; do if at_once {parts}; then echo passed; else echo failed; fi; done"
    done = subprocess.run(["bash", "-c", f"{at_once}\n{often}"], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {"passed" if passes else "failed"}


def test_an_option_of_pytest_that_make_would_take_for_itself_is_refused_before_anything_runs(
    checkout: Path, tmp_path: Path
) -> None:
    done = run_make(checkout, folder_of_tools(tmp_path / "bin"), "test", "-k", "session")
    assert done.returncode != 0
    assert 'make test ARGS="-k session"' in done.stderr
    assert "setup:" not in done.stderr


def test_every_target_is_listed_in_one_column_without_escape_codes(checkout: Path, tmp_path: Path) -> None:
    listed = run_make(checkout, folder_of_tools(tmp_path / "bin"), "help").stdout
    assert "\033" not in listed
    starts = {line.index(line[2:].split("  ", 1)[1].strip()) for line in listed.splitlines()}
    assert len(starts) == 1


def test_the_import_paths_hold_in_a_folder_that_was_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`site` reads the file that set-up wrote in this checkout, at another place with another name."""
    moved = tmp_path / "moved é"
    for part in (".", "layers/forge", "clients/python"):
        (moved / part).mkdir(parents=True, exist_ok=True)
    written = (
        next(Path(each) for each in map(str, sys.path) if each.endswith("site-packages")) / "forge_mcp.pth"
    )
    lines = written.read_text().splitlines()
    if any(os.path.isabs(line) for line in lines):
        pytest.fail("set-up wrote absolute paths: run make clean and make setup")
    packages = moved / ".venv" / "lib" / "python3" / "site-packages"
    packages.mkdir(parents=True)
    shutil.copy(written, packages)
    monkeypatch.setattr(sys, "path", list(sys.path))
    site.addsitedir(str(packages))
    assert {str(moved), str(moved / "layers/forge"), str(moved / "clients/python")} <= {
        os.path.normpath(each) for each in sys.path
    }

"""Tests that run in forks are reported as if they had run in one process; a fork's death is a failed test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE_SECONDS
from tests.template import ROOT

pytestmark = pytest.mark.processes

SUITE = {
    "conftest.py": """
import os
from pathlib import Path
import pytest

@pytest.fixture(scope="session")
def opened(tmp_path_factory):
    folder = tmp_path_factory.mktemp("opened")
    yield folder
    print("closed", os.getpid(), file=Path("closed").open("a"))
""",
    "test_a.py": """
import os
def test_one(opened): os.environ["IN_A"] = str(os.getpid())
def test_two(opened): assert os.environ["IN_A"] == str(os.getpid())
""",
    "test_b.py": """
import pytest
reached = []
def test_shown(opened):
    print("was printed")
    assert [1, 2] == [1, 3]
@pytest.mark.skip(reason="why not")
def test_skipped(): ...
@pytest.mark.flaky(reruns=1)
def test_late():
    reached.append(1)
    assert len(reached) == 2
@pytest.mark.parametrize("name", ["\\udc80", "…"])
def test_odd(name): ...
""",
    "test_c.py": """
import os, pytest
def test_before(): ...
def test_dies(): os._exit(7)
def test_after(): ...
""",
}


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    for name, text in SUITE.items():
        (folder / name).write_text(text)
    command = [sys.executable, "-m", "pytest", "-p", "tests.forks", "-p", "pytest_rerunfailures"]
    return subprocess.run(
        [*command, "-rA", "--rootdir", str(folder), "--tb=short", *options],
        cwd=folder,
        env={
            "PYTHONPATH": str(ROOT),
            "PYTEST_DEBUG_TEMPROOT": str(folder),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )


@pytest.mark.parametrize("processes", ["1", "2"])
def test_each_test_is_reported_once_and_a_death_costs_one_test(tmp_path: Path, processes: str) -> None:
    run_ = run(tmp_path, "-n", processes)
    lines = run_.stdout.splitlines()
    assert run_.returncode == 1
    assert "2 failed, 7 passed, 1 skipped, 1 rerun in" in lines[-1]
    for name in ("a.py::test_one", "a.py::test_two", "c.py::test_before", "c.py::test_after"):
        assert lines.count(f"PASSED test_{name}") == 1
    assert "E   assert [1, 2] == [1, 3]" in lines
    assert "was printed" in lines
    assert any(line.startswith("FAILED test_c.py::test_dies - ") and "ended with 7" in line for line in lines)
    assert "SKIPPED [1] test_b.py:7: why not" in lines


def test_each_process_closes_what_its_tests_have_opened(tmp_path: Path) -> None:
    run(tmp_path, "-n", "2", "-k", "opened or one or two or shown")
    closed = (tmp_path / "closed").read_text().splitlines()
    opened = [*tmp_path.glob("pytest-of-*/pytest-0/process-*/opened0")]
    assert (
        1 <= len(closed) == len({*closed}) == len(opened)
    )  # one process may have been the faster one for both files


def test_a_failure_ends_the_other_processes_after_their_tests(tmp_path: Path) -> None:
    run_ = run(tmp_path, "-n", "2", "-x", "-k", "shown or before or after or one")
    assert run_.returncode == 1
    assert "stopping after 1 failures" in run_.stdout


def test_an_error_while_tests_are_collected_is_told_and_none_runs(tmp_path: Path) -> None:
    (tmp_path / "test_d.py").write_text("import nothing_of_this_name")
    run_ = run(tmp_path, "-n", "2")
    assert run_.returncode == 2
    assert "1 error during collection" in run_.stdout
    assert not (tmp_path / "closed").exists()

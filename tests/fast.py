"""`make test-fast`: the quick tests that need no browser, no chain and no other process, with one row of each table.

A test that starts a process without the mark for it fails here.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

LEFT_OUT = ("browser", "chain", "deployed", "end_to_end", "faults", "processes", "slow")
"""Marks of tests that `make test` or another target runs."""
FOLDERS = {Path(__file__).parent / folder for folder in ("deployed", "end_to_end", "faults")}
"""All of whose tests are left out: importing them would take seconds."""
STARTS = {"os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "subprocess.Popen"}
"""Audit events of Python (docs.python.org, "Audit events table")."""


class Guard:
    """Refuses processes while a test runs; what was started when nobody looked at the refusal is kept."""

    def __init__(self) -> None:
        self.is_on = False
        self.refused: list[str] = []

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.is_on and event in STARTS:
            self.refused.append(f"{event} {arguments[0] if arguments else ''}".strip())
            raise PermissionError(f"make test-fast starts no process: {self.refused[-1]}")


# Libraries of LLM providers name the processor to the provider; Python asks `uname` for it, and remembers the answer.
platform.processor()
guard = Guard()
sys.addaudithook(guard)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    return True if collection_path in FOLDERS else None


@pytest.hookimpl(wrapper=True)
def pytest_generate_tests(metafunc: Any) -> Generator[None]:
    """Make one row of each table: making those that are left out took a third of the time before the first test."""
    yield
    rows = [row for row in metafunc._calls if not {mark.name for mark in row.marks} & {*LEFT_OUT}]
    metafunc._calls = (rows or metafunc._calls)[:1]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests that are neither of another kind nor slow."""
    left_out = [item for item in items if any(item.get_closest_marker(name) for name in LEFT_OUT)]
    others = {*left_out}
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in others]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    yield from guarded(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    yield from guarded(item)


def guarded(item: pytest.Item) -> Generator[None]:
    guard.is_on = True
    try:
        yield
    finally:
        guard.is_on = False
        refused, guard.refused = guard.refused, []
    assert not refused, f"{item.name} started {refused}: mark it `@pytest.mark.processes`"

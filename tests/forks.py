"""`--numprocesses=6`: the tests run in forks of one process, which has collected all of them.

Processes that each import and collect the tests for themselves take seven seconds of processor time each, and three
times as long in a fresh clone. A fork is handed the tests of one file at a time, or of those that share an application.
"""

from __future__ import annotations

import marshal
import os
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from types import SimpleNamespace
from typing import Any

import pytest

from tests import unlisted
from tests.forked import Child, Message

GroupOf = Callable[[pytest.Item], str]


def pytest_addoption(parser: pytest.Parser) -> None:
    group: Any = parser.getgroup("forks")
    text = "run the tests in so many forks of this process"
    # Small letters are reserved; pytest-xdist names the option so, too.
    group._addoption("-n", "--numprocesses", type=int, default=0, help=text)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(Hooks)


class Hooks:
    @pytest.hookspec(firstresult=True)
    def pytest_group_of(self, item: pytest.Item) -> str | None:
        """What the tests have in common that one process is to run, one after the other."""


@pytest.hookimpl(trylast=True)
def pytest_group_of(item: pytest.Item) -> str:
    return str(item.path)


def pytest_runtestloop(session: pytest.Session) -> bool | None:
    options = session.config.option
    if not options.numprocesses or options.collectonly or options.usepdb or session.testsfailed:
        return None
    Parent(session).run(options.numprocesses)
    return True


@dataclass
class Process:
    """`given`: the tests that it has not begun, by their places in the session. `current`: the one that it runs."""

    number: int
    pid: int
    given: deque[int] = field(default_factory=deque)
    current: int | None = None


class Parent:
    def __init__(self, session: pytest.Session) -> None:
        self._session = session
        self._hook: Any = session.config.hook
        self._groups = deque(_grouped(session.items, lambda item: self._hook.pytest_group_of(item=item)))
        self._processes: dict[Connection, Process] = {}
        self._numbers = count()

    def run(self, processes: int) -> None:
        config: Any = self._session.config
        # Reports come from several files at once.
        config.pluginmanager.get_plugin("terminalreporter").showfspath = False
        config._tmp_path_factory.getbasetemp()  # of which each process has a folder
        try:
            for _ in range(min(processes, len(self._groups))):
                self._fork()
            while self._processes:
                for connection in wait([*self._processes]):
                    assert isinstance(connection, Connection)
                    self._hear(connection)
                if self._session.shouldfail:
                    raise self._session.Failed(self._session.shouldfail)
        finally:
            self._end()

    def _fork(self) -> None:
        ours, theirs = Pipe()
        number = next(self._numbers)
        if pid := os.fork():
            theirs.close()
            self._processes[ours] = Process(number, pid)
            return
        for connection in (ours, *self._processes):
            connection.close()
        Child(self._session, number, theirs).run_and_exit()

    def _hear(self, connection: Connection) -> None:
        try:
            message: Message = marshal.loads(connection.recv_bytes())
        except (EOFError, ConnectionError):
            self._has_ended(self._processes.pop(connection))
            connection.close()
            return
        process = self._processes[connection]
        match message["kind"]:
            case "wants":
                group = self._groups.popleft() if self._groups else []
                process.given.extend(group)
                with suppress(ConnectionError):  # whoever has just ended is heard of next
                    connection.send_bytes(marshal.dumps(group))
            case "begins":
                process.current = process.given.popleft()
            case "reports":
                self._report(message["report"], process)
            case "finishes":
                process.current = None
            case "tried":
                unlisted.add(message["members"])
            case kind:
                raise AssertionError(kind)

    def _report(self, serialized: dict[str, Any], process: Process) -> None:
        report = self._hook.pytest_report_from_serializable(config=self._session.config, data=serialized)
        # As pytest-xdist tells pytest, which shows it.
        report.node = SimpleNamespace(gateway=SimpleNamespace(id=process.number), _workerinfocache="")
        self._hook.pytest_runtest_logreport(report=report)

    def _has_ended(self, process: Process) -> None:
        """Another process does what one has left that ended in the middle of a test."""
        code = os.waitstatus_to_exitcode(os.waitpid(process.pid, 0)[1])
        if process.current is None:
            assert code == 0, f"process {process.number} ended with {code} outside of a test"
            return
        item = self._session.items[process.current]
        text = f"process {process.number} ended with {code} while it ran this test"
        self._hook.pytest_runtest_logreport(
            report=pytest.TestReport(item.nodeid, item.location, {}, "failed", text, "call")
        )
        if process.given:
            self._groups.appendleft([*process.given])
        if self._groups:
            self._fork()

    def _end(self) -> None:
        """A process whose connection is closed ends after its test."""
        for connection in self._processes:
            connection.close()
        for process in self._processes.values():
            os.waitpid(process.pid, 0)


def _grouped(items: list[pytest.Item], group_of: GroupOf) -> Iterable[list[int]]:
    """Groups in the order of their first tests."""
    groups: dict[str, list[int]] = {}
    for place, item in enumerate(items):
        groups.setdefault(group_of(item), []).append(place)
    return groups.values()

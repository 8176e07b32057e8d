"""What a fork of tests/forks.py does: it runs the tests that its parent names, and tells their reports."""

from __future__ import annotations

import marshal
import os
import sys
import traceback
from collections import deque
from multiprocessing.connection import Connection
from typing import Any

import pytest

from tests import unlisted

Message = dict[str, Any]


class Child:
    def __init__(self, session: pytest.Session, number: int, parent: Connection) -> None:
        self._session, self._number, self._parent = session, number, parent
        self._config: Any = session.config
        self._given: deque[int] = deque()

    def run_and_exit(self) -> None:
        """Whatever the process inherited is left as it is: it is the parent's to end."""
        code = 1
        try:
            self._become_another()
            self._run()
            code = 0
        except (ConnectionError, EOFError, KeyboardInterrupt):  # the parent ends, or has been told to
            pass
        except BaseException:  # noqa: BLE001 - nothing is left to raise it to
            self._capture.suspend_global_capture(in_=True)
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    @property
    def _capture(self) -> Any:
        return self._config.pluginmanager.get_plugin("capturemanager")

    def _become_another(self) -> None:
        """Of files that forks would share, it gets its own."""
        self._capture.stop_global_capturing()
        self._capture.start_global_capturing()
        self._config.get_terminal_writer()._file = open(os.devnull, "w")  # noqa: SIM115 - as long as the process
        folders = self._config._tmp_path_factory
        folders._given_basetemp, folders._basetemp = folders.getbasetemp() / f"process-{self._number}", None
        self._config.pluginmanager.register(self)

    def _run(self) -> None:
        try:
            item = self._next()
            while item is not None and not self._session.shouldfail:
                following = self._next()
                self._tell("begins")
                self._config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                self._tell("finishes")
                item = following
        finally:
            self._session._setupstate.teardown_exact(None)
        self._tell("tried", members=unlisted.recorded())

    def _next(self) -> pytest.Item | None:
        """It asks for a group only when it needs the next test: what waits here, no idle process can take."""
        if not self._given:
            self._tell("wants")
            self._given.extend(marshal.loads(self._parent.recv_bytes()))
        return self._session.items[self._given.popleft()] if self._given else None

    def _tell(self, kind: str, **content: Any) -> None:
        """JSON would make lists of the tuples of a report."""
        self._parent.send_bytes(marshal.dumps({"kind": kind, **content}))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._tell(
            "reports",
            report=self._config.hook.pytest_report_to_serializable(config=self._config, report=report),
        )

"""Several writers at once, in an order that the test makes: one write at a time, and some that come late."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from threading import Semaphore, Thread
from typing import Any

from forge.dynamodb.conditions import ConditionFailed
from forge.dynamodb.table import Table
from forge.errors import LeaseLost, StorageUnavailable
from tests.patience import PATIENCE_SECONDS

Write = Callable[[], Any]


class _Gated(Table):
    """Each write waits for its turn."""

    def __init__(self, table: Table, gate: Callable[[Write], Any]) -> None:
        super().__init__(table._client, table._name)
        self._gate = gate

    def _write(self, write: Write) -> Any:
        return self._gate(lambda: super(_Gated, self)._write(write))


class Writer:
    """Does `act` with a table of its own, and stops before each write. `result`: what it returned or raised."""

    def __init__(self, table: Table, act: Callable[[Table], Any]) -> None:
        self.is_over = False
        self.result: Any = None
        self.late: list[Write] = []
        self.writes = 0
        self._may_write, self._has_stopped = Semaphore(0), Semaphore(0)
        self._is_lost = False
        self._between: Write | None = None
        self._thread = Thread(target=self._do, args=(act, _Gated(table, self._gate)), daemon=True)
        self._thread.start()
        self._wait(self._has_stopped)

    def step(self, *, lost: bool = False, between: Write | None = None) -> None:
        """Its next write. `lost`: the writer hears that it failed, but it may still arrive, by `deliver`.

        `between`: it takes effect, but nobody hears so; that happens, and then the client sends it again.
        """
        assert not self.is_over
        self._is_lost, self._between = lost, between
        self._may_write.release()
        self._wait(self._has_stopped)

    def finish(self) -> Any:
        while not self.is_over:
            self.step()
        return self.result

    def deliver(self) -> None:
        """The oldest of the writes that are late arrives. Nobody hears whether it took effect."""
        with contextlib.suppress(ConditionFailed):
            self.late.pop(0)()

    def _do(self, act: Callable[[Table], Any], table: Table) -> None:
        try:
            self.result = act(table)
        except (Exception, LeaseLost) as error:  # noqa: BLE001 it is what the test looks at
            self.result = error
        self.is_over = True
        self._has_stopped.release()

    def _gate(self, write: Write) -> Any:
        self._has_stopped.release()
        self._wait(self._may_write)
        self.writes += 1
        if self._is_lost:
            self.late.append(write)
            raise StorageUnavailable("no answer", retry_after=0)
        if self._between is not None:
            write()
            self._between()
        return write()

    def _wait(self, semaphore: Semaphore) -> None:
        assert semaphore.acquire(timeout=PATIENCE_SECONDS)

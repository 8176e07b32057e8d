"""Requests that occupy a function while they wait for a worker, limited for each caller and for the deployment."""

from __future__ import annotations

import zlib

from forge.dynamodb.table import Table
from forge.errors import Retryable, TooManyWaits
from forge.ports.clock import Clock
from forge.store.limits.open_streams import TablePlaces

CALLERS_SHARE = 20
"""One caller may have one place in this many."""
_LISTS = 10
"""The deployment's places are split into this many lists, so that not every request writes the same item."""
_RETRY_SECONDS = 5


class TableWaits:
    def __init__(self, table: Table, clock: Clock, most: int) -> None:
        self._lists = min(_LISTS, most)
        self._callers = TablePlaces(table, clock, "waits", max(1, most // CALLERS_SHARE), _refusal)
        self._all = TablePlaces(table, clock, "waits", most // self._lists, _refusal)

    def open(self, payer: str, name: str, until: int) -> None:
        self._callers.open(payer, name, until)
        try:
            self._all.open(self._list_of(name), name, until)
        except Retryable:
            self._callers.close(payer, name)
            raise

    def close(self, payer: str, name: str) -> None:
        self._all.close(self._list_of(name), name)
        self._callers.close(payer, name)

    def _list_of(self, name: str) -> str:
        return f"all#{zlib.crc32(name.encode()) % self._lists}"


def _refusal() -> Retryable:
    return TooManyWaits(retry_after=_RETRY_SECONDS)

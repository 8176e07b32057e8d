"""Each part of the store is made once, on its first use."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, BrokenBarrierError
from typing import Any, get_args

import pytest

from forge.store import Store, StorePart
from forge.store.limits.request_rates import TableAdmission


def test_every_part_that_can_be_named_is_there(store: Store) -> None:
    assert all(getattr(store, part) for part in get_args(StorePart))


def test_threads_that_ask_at_once_get_the_same_part(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    both_make = Barrier(2)
    made: list[TableAdmission] = []

    def make(*arguments: Any) -> TableAdmission:
        with contextlib.suppress(BrokenBarrierError):
            both_make.wait(0.3)  # a second maker would come meanwhile
        made.append(TableAdmission(*arguments))
        return made[-1]

    monkeypatch.setattr("forge.store.limits.request_rates.TableAdmission", make)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: store.admission, range(2))
    assert first is second
    assert len(made) == 1

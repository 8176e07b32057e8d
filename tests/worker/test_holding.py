"""The lease is renewed so long after the last write, whichever that was, and not after the last renewal."""

from __future__ import annotations

from typing import Any

import pytest

from forge.models.run import Progress
from forge.ports import Lease
from tests.worker.machines import Watched
from tests.worker.stage import Stage
from tests.worker.test_writes_off_the_path import claimed, record_of
from worker.record import RENEW_SECONDS


async def test_a_lease_is_renewed_in_time_after_any_write(stage: Stage) -> None:
    now, renewed = 0.0, list[float]()

    def renew(lease: Lease) -> Any:
        renewed.append(now)
        return stage.store.runs.renew(lease)

    runs = Watched(stage.store.runs, renew=renew)
    record = record_of(stage, await claimed(stage), runs=runs, monotonic=lambda: now)
    assert record.renewal_due_in == pytest.approx(RENEW_SECONDS)
    now = 1.0
    await record.append(Progress())
    assert record.renewal_due_in == pytest.approx(RENEW_SECONDS)
    now = RENEW_SECONDS
    await record.keep(is_watched=False)
    assert renewed == []
    assert record.renewal_due_in == pytest.approx(1.0)
    now = 1.1 + RENEW_SECONDS
    assert record.renewal_due_in == 0
    await record.keep(is_watched=False)
    assert renewed == [now]

"""The lease is renewed a fixed time after the run's last write of any kind, not after the last renewal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from forge.errors import LeaseLost, StorageUnavailable
from forge.models.message import Message
from forge.models.run import Ending, Progress
from forge.models.timing import LEASE_MS, PATIENCE_MS
from forge.models.work import Finished, Lease
from tests.store.scenes import completed, spoken
from tests.worker.machines import Watched
from tests.worker.stage import Stage
from tests.worker.test_writes_off_the_path import claimed, record_of
from worker.runs.lease_renewal import RENEW_SECONDS


async def test_messages_are_pushed_with_the_numbers_that_the_store_gave_them(stage: Stage) -> None:
    def append(lease: Lease, progress: Progress) -> Lease:
        held = stage.store.runs.append(lease, progress)
        return replace(held, logged=[numbered(each, each.seq + 5) for each in held.logged])

    def finish(lease: Lease, ending: Ending) -> Finished:
        finished = stage.store.runs.finish(lease, ending)
        return replace(finished, logged=[numbered(each, each.seq + 10) for each in finished.logged])

    record, feed = stage.record(
        await claimed(stage), runs=Watched(stage.store.runs, append=append, finish=finish)
    )
    await record.append(Progress(drafts=[spoken("one")]))
    await record.finish(completed(spoken("two")))
    assert [(message.seq, message.content) for message in feed.messages[1:]] == [
        (5, "hi"),
        (6, "one"),
        (12, "two"),
    ]


def numbered(message: Message, seq: int) -> Message:
    return message.model_copy(update={"seq": seq})


async def test_a_lease_is_renewed_in_time_after_any_write(stage: Stage) -> None:
    now, renewed = 0.0, list[float]()

    def renew(lease: Lease) -> Any:
        renewed.append(now)
        return stage.store.runs.renew(lease)

    runs = Watched(stage.store.runs, renew=renew)
    record = record_of(stage, await claimed(stage), runs=runs, monotonic=lambda: now)
    assert record.renewal.due_in == pytest.approx(RENEW_SECONDS)
    now = 1.0
    await record.append(Progress())
    assert record.renewal.due_in == pytest.approx(RENEW_SECONDS)
    now = RENEW_SECONDS
    await record.keep(is_watched=False)
    assert renewed == []
    assert record.renewal.due_in == pytest.approx(1.0)
    now = 1.1 + RENEW_SECONDS
    assert record.renewal.due_in == 0
    await record.keep(is_watched=False)
    assert renewed == [now]


@pytest.mark.parametrize(
    ("seconds", "is_kept"), [(LEASE_MS / 1_000 + 1, True), (LEASE_MS / 1_000 + PATIENCE_MS / 1_000, False)]
)
async def test_a_lease_that_ends_while_the_table_is_out_of_reach_is_renewed_if_that_is_soon_over(
    stage: Stage, seconds: float, is_kept: bool
) -> None:
    now, failed = 0.0, list[Lease]()

    def renew(lease: Lease) -> Any:
        nonlocal now
        if not failed:
            failed.append(lease)
            now += seconds
            raise StorageUnavailable(retry_after=1)
        return stage.store.runs.renew(lease)

    runs = Watched(stage.store.runs, renew=renew)
    record = record_of(stage, await claimed(stage), runs=runs, monotonic=lambda: now)
    now = RENEW_SECONDS
    if is_kept:
        await record.keep(is_watched=False)
        await record.show_text("still here")
    else:
        with pytest.raises(LeaseLost):
            await record.keep(is_watched=False)


async def test_a_call_begins_with_enough_of_the_lease_even_after_a_freeze_in_its_renewal(
    stage: Stage,
) -> None:
    now, renewed = 0.0, list[float]()

    def renew(lease: Lease) -> Any:
        nonlocal now
        renewed.append(now)
        done = stage.store.runs.renew(lease)
        now += LEASE_MS / 1_000 if len(renewed) == 1 else 0
        return done

    runs = Watched(stage.store.runs, renew=renew)
    record = record_of(stage, await claimed(stage), runs=runs, monotonic=lambda: now)
    await record.hold_lease()
    assert renewed == []
    now = LEASE_MS / 1_000
    await record.hold_lease()
    assert len(renewed) == 2

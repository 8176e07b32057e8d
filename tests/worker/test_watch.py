"""What the watch does with runs that begin or end while it reads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from forge.models.session import Control
from forge.models.session_key import ANONYMOUS, SessionKey
from tests.patience import PATIENCE_SECONDS
from tests.worker.stage import KEY, Stage
from worker.blocking_calls import Blocking
from worker.runs.active_run import LocalRun
from worker.runs.control_poll import LocalRuns

OTHER, ENDED = SessionKey(ANONYMOUS, "s2"), SessionKey(ANONYMOUS, "s3")


class SlowReading(Blocking):
    """Reads, and then lets the result wait until it may go on."""

    def __init__(self) -> None:
        super().__init__(2)
        self.has_read, self.may_go_on = asyncio.Event(), asyncio.Event()

    async def __call__(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        result = await super().__call__(call, *args, **kwargs)
        self.has_read.set()
        await self.may_go_on.wait()
        return result


class Observer:
    """In place of a run."""

    def __init__(self, key: SessionKey) -> None:
        self.key = key
        self.told: list[Control] = []
        self.is_told = asyncio.Event()

    def observe(self, control: Control) -> None:
        self.told.append(control)
        self.is_told.set()


def as_run(observer: Observer) -> LocalRun:
    return cast(LocalRun, observer)


async def test_a_run_that_begins_during_a_look_does_not_lose_its_connections(stage: Stage) -> None:
    await stage.open_page("c1=", KEY)
    await stage.open_page("c2=", OTHER)
    reading = SlowReading()
    active = LocalRuns(stage.store.controls, reading, stage.clock)
    old, new, ended = Observer(KEY), Observer(OTHER), Observer(ENDED)
    active.add(as_run(old))
    active.add(as_run(ended))
    watching = asyncio.create_task(active.watch())
    await asyncio.wait_for(reading.has_read.wait(), PATIENCE_SECONDS)
    active.add(as_run(new))
    active.remove(as_run(ended))
    reading.may_go_on.set()
    await asyncio.wait_for(old.is_told.wait(), PATIENCE_SECONDS)
    assert [control.connections for control in old.told] == [frozenset({"c1="})]
    assert new.told == []
    assert ended.told == []
    await asyncio.wait_for(new.is_told.wait(), PATIENCE_SECONDS)
    assert new.told[0].connections == {"c2="}
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching

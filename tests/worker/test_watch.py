"""What the watch does with runs that begin or end while it reads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

import pytest

from forge.models.session import Control
from forge.models.session_key import ANONYMOUS, SessionKey
from tests.patience import PATIENCE_SECONDS
from tests.worker.machines import Watched
from tests.worker.scripted_llm import Script
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


class Broken:
    """A call that fails once, from a moment on, in a way that nothing expects."""

    def __init__(self, call: Callable[..., Any], moment: asyncio.Event) -> None:
        self._call, self._moment = call, moment
        self._loop, self.has_failed = asyncio.get_running_loop(), asyncio.Event()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.has_failed.is_set() or not self._moment.is_set():
            return self._call(*args, **kwargs)
        self._loop.call_soon_threadsafe(self.has_failed.set)
        raise PermissionError("an answer that nobody expects")


@pytest.mark.parametrize(
    ("part", "method"), [("controls", "read"), ("queue", "receive"), ("commands", "publish")]
)
async def test_a_call_that_fails_unexpectedly_does_not_end_the_runs_of_a_worker(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, part: str, method: str
) -> None:
    monkeypatch.setattr("worker.tool_catalog.PUBLISH_SECONDS", 0.05)
    script = Script(["One. ", waits := asyncio.Event(), "Two."])
    stage.llm = script.llm()
    page = await stage.open_page()
    broken, _ = started_with_broken(stage, part, method, script.is_reached)
    run_id = await stage.say("hi")
    await broken.has_failed.wait()
    waits.set()
    seen = await page.ended(run_id)
    assert [message.content for message in seen.messages] == ["hi", "One. Two."]
    assert len(script.requests) == 1


@pytest.mark.parametrize(("part", "method"), [("queue", "receive"), ("commands", "publish")])
async def test_a_call_that_fails_unexpectedly_at_the_start_ends_the_worker(
    stage: Stage, part: str, method: str
) -> None:
    """A deployment must not replace the workers by those whose configuration is wrong."""
    at_once = asyncio.Event()
    at_once.set()
    broken, worker = started_with_broken(stage, part, method, at_once)
    await asyncio.wait([worker], timeout=PATIENCE_SECONDS)
    assert broken.has_failed.is_set()
    assert worker.done()
    assert worker.exception()
    stage.workers.clear()


def started_with_broken(
    stage: Stage, part: str, method: str, moment: asyncio.Event
) -> tuple[Broken, asyncio.Task[None]]:
    kept = stage.queue if part == "queue" else getattr(stage.store, part)
    broken = Broken(getattr(kept, method), moment)
    watched = Watched(kept, **{method: broken})
    if part != "queue":
        vars(stage.store)[part] = watched
    return broken, stage.start(queue=watched if part == "queue" else stage.queue)

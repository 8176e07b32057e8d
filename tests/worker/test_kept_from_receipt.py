"""A message is kept invisible from its receipt on, before its run has begun, until its delivery is settled."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import cast

import pytest

from forge.models.run import RunMessage
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.models.timing import FIRST_EXTEND_SECONDS
from forge.models.work import Delivery, Lease
from forge.ports.queue import RunQueue
from tests.patience import PATIENCE_SECONDS
from tests.worker.machines import Watched
from tests.worker.stage import Stage
from worker.blocking_calls import Blocking
from worker.runs.message_visibility import KeptMessages, keep_messages
from worker.runs.staggered_starts import AT_ONCE


class Keeping:
    """The queue. `decided` is set when all messages have been extended, or when one of them has come back."""

    def __init__(self, stage: Stage, messages: int) -> None:
        self._queue, self._messages = stage.queue, messages
        self.extended: set[str] = set()
        self.came_back: list[int] = []
        self.decided = threading.Event()
        self.part = Watched(stage.queue, receive=self.receive, extend_all=self.extend_all)

    def receive(self, most: int, wait_seconds: int) -> list[Delivery]:
        got = self._queue.receive(most, wait_seconds)
        self.came_back += [delivery.receives for delivery in got if delivery.receives > 1]
        self._decide()
        return got

    def extend_all(self, receipts: Sequence[str], seconds: int) -> None:
        self._queue.extend_all(receipts, seconds)
        self.extended |= set(receipts)
        self._decide()

    def _decide(self) -> None:
        if self.came_back or len(self.extended) == self._messages:
            self.decided.set()


@pytest.mark.slow
async def test_messages_wait_for_their_starts_and_slow_claims_without_coming_back(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many claims as may begin at once last until each message was extended, and one run waits for its start."""
    monkeypatch.setattr("worker.runs.staggered_starts.LONGEST_START", 3_600.0)
    monkeypatch.setattr("worker.runs.staggered_starts.LONGEST_WAIT", 3_600.0)
    keys = [SessionKey(ANONYMOUS, f"s{number}") for number in range(AT_ONCE + 1)]
    queue = Keeping(stage, len(keys))

    def claim(message: RunMessage, worker: str) -> Lease:
        assert queue.decided.wait(PATIENCE_SECONDS)
        return stage.store.runs.claim(message, worker)

    pages = [await stage.open_page(f"{key.session_id}=", key) for key in keys]
    runs = [await stage.say("hi", key) for key in keys]
    stage.start(runs=Watched(stage.store.runs, claim=claim), queue=queue.part)
    for page, run_id in zip(pages, runs, strict=True):
        await page.ended(run_id)
    assert queue.came_back == []


async def test_a_message_is_put_back_only_after_the_call_that_extends_it() -> None:
    kept = KeptMessages()
    with kept.keep("a", 0):
        (batch,) = kept.begin_batches(FIRST_EXTEND_SECONDS)
        ending = asyncio.create_task(kept.end_calls("a"))
        await asyncio.sleep(0)
        assert not ending.done()
        kept.end_batch(batch, FIRST_EXTEND_SECONDS)
        await ending
        assert kept.begin_batches(1_000) == []


async def test_a_message_that_was_delivered_again_is_kept_with_its_newer_receipt() -> None:
    kept = KeptMessages()
    with kept.keep("old", 0) as message:
        message.receipt = "new"
        kept.end("old")
        (batch,) = kept.begin_batches(FIRST_EXTEND_SECONDS)
        assert [each.receipt for each in batch] == ["new"]
        kept.end_batch(batch, FIRST_EXTEND_SECONDS)
        kept.end("new")
        assert kept.begin_batches(1_000) == []


async def test_messages_are_extended_while_all_other_threads_are_busy() -> None:
    blocking, kept, is_over = Blocking(1), KeptMessages(), threading.Event()
    loop, extended = asyncio.get_running_loop(), asyncio.Event()

    def extend_all(_receipts: Sequence[str], _seconds: int) -> None:
        loop.call_soon_threadsafe(extended.set)

    queue = Watched(object(), extend_all=extend_all)
    busy = asyncio.create_task(blocking(is_over.wait, PATIENCE_SECONDS))
    keeping = asyncio.create_task(keep_messages(kept, cast("RunQueue", queue), blocking))
    try:
        with kept.keep("a", 0):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await extended.wait()
        assert not busy.done()
    finally:
        is_over.set()
    await busy
    keeping.cancel()
    blocking.close()

"""A run's record: all of its fenced writes, one after the other, and the lease that permits them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import TypeVar

from forge.backoff import pauses
from forge.errors import LeaseLost, SpendingCapReached, StorageUnavailable
from forge.models.run import ChainWait, Ending, Progress
from forge.models.session import Session
from forge.models.session_key import ANONYMOUS
from forge.models.spending_caps import SendingCaps, Spending
from forge.models.timing import CALL_MARGIN_MS, PATIENCE_MS
from forge.models.work import CallRecord, CallStatus, Lease
from forge.ports.clock import Clock
from forge.ports.runs import Journal, Runs, Spendings
from worker.agent.messages.storable_text import well_formed
from worker.blocking_calls import Blocking
from worker.push.feed import Feed
from worker.runs.history_cache import RecentHistories
from worker.runs.lease_renewal import LeaseRenewal

R = TypeVar("R")

PATIENCE_SECONDS = PATIENCE_MS / 1_000
TEXT_SECONDS = 3.5
"""Time between two stores of text that no client reads from the table; streaming text goes to open pages anyway."""
_MARGIN = CALL_MARGIN_MS / 1_000


class LeasedRecord:
    """Implements the agent's `RunRecord`. What is written is pushed to the session's connections at once.

    A lease that has ended is not lost yet: the store refuses the next write only if another worker has claimed the
    run. Until a write has succeeded, no text is shown and no call begins.
    """

    def __init__(
        self,
        feed: Feed,
        lease: Lease,
        *,
        runs: Runs,
        journal: Journal,
        spendings: Spendings,
        blocking: Blocking,
        clock: Clock,
        histories: RecentHistories,
        monotonic: Callable[[], float],
    ) -> None:
        self.lease = lease
        self.first_text_at: int | None = None
        self._runs, self._journal = runs, journal
        self._spendings = spendings
        self._blocking, self._clock, self._feed = blocking, clock, feed
        self._histories = histories
        self._writing = asyncio.Lock()
        self._flushed = 0
        self._flushed_at = 0.0
        self._monotonic = monotonic
        self.renewal = LeaseRenewal(lease, clock, monotonic)

    @property
    def text(self) -> str:
        return self._feed.text

    def renew_at_once(self) -> None:
        """The table may count the lease as ended although this worker is alive. The next write shows whether it
        is, so it is due now.
        """
        self.renewal.make_due()

    async def show_text(self, text: str) -> None:
        """Renew an ended lease first, because a worker that wakes from a freeze must not add text to another
        attempt.
        """
        if self.renewal.left < 0:
            await self._renew_before(0)
        is_first = not self._feed.text_length
        self._feed.add_text(well_formed(text))
        if is_first:
            self.first_text_at = self.first_text_at or self._clock()
            try:
                await _frame_first()
            finally:
                self.renewal.is_due.set()

    async def hold_lease(self) -> None:
        if self.renewal.left < _MARGIN:
            await self._renew_before(_MARGIN)

    async def history(self) -> list[bytes]:
        lease = self.lease
        entries = self._histories.of(lease.session)
        first = lease.session.history_start + len(entries)
        if first < lease.session.history:
            entries += await self._persist(lambda: self._journal.history(lease, first))
            self._histories.keep(lease.session, entries)
        return entries

    async def keep(self, *, is_watched: bool) -> None:
        """Store new text, or only renew the lease if that is due."""
        async with self._writing:
            text = self._feed.text
            is_due = is_watched or not self._flushed or self._monotonic() >= self._flushed_at + TEXT_SECONDS
            if len(text) > self._flushed and is_due:
                await self._renew(lambda: self._runs.flush(self.lease, text))
                self._flushed, self._flushed_at = len(text), self._monotonic()
            elif not self.renewal.due_in:
                await self._renew(lambda: self._runs.renew(self.lease))

    async def written(self) -> None:
        """Wait until no write is in progress, so that its caller knows what it has stored."""
        async with self._writing:
            return

    async def append(self, progress: Progress) -> None:
        async with self._writing:
            before = self.lease.session
            await self._renew(lambda: self._runs.append(self.lease, progress))
            self._histories.grow(before, progress.entries)
            self._flushed = 0
            self._feed.show(self.lease.session, self.lease.logged, text_ended=True)

    async def finish(self, ending: Ending) -> Session:
        async with self._writing:
            before = self.lease.session
            finished = await self._persist(lambda: self._runs.finish(self.lease, ending))
            self._histories.grow(before, ending.entries)
            self._feed.show(finished.session, finished.logged, text_ended=True)
            return finished.session

    async def release(self) -> None:
        async with self._writing:
            await self._persist(lambda: self._runs.release(self.lease))

    async def clear(self) -> None:
        """A call that has just ended may have stored its result after the session was deleted."""
        async with self._writing:
            await self._blocking.retry(self._runs.clear, self.lease)

    async def put_back(self, wait: ChainWait | None = None) -> None:
        async with self._writing:
            await self._persist(lambda: self._runs.put_back(self.lease, wait))

    async def begin_call(self, call_key: str, meta: dict[str, str]) -> tuple[CallStatus, CallRecord | None]:
        mark = uuid.uuid4().hex
        return await self._persist(lambda: self._journal.begin_call(self.lease, call_key, meta, mark))

    async def call_record(self, call_key: str) -> CallRecord | None:
        return await self._persist(lambda: self._journal.call_record(self.lease, call_key))

    async def finish_call(
        self, call_key: str, record: CallRecord, reading: dict[str, str] | None = None
    ) -> CallRecord:
        return await self._persist(lambda: self._journal.finish_call(self.lease, call_key, record, reading))

    async def set_network(self, network: str) -> None:
        async with self._writing:
            await self._renew(lambda: self._runs.set_network(self.lease, network))

    async def spend(self, wei: int, caps: SendingCaps) -> Spending:
        payer = self.lease.run.submission.payer
        spending = await self._persist(lambda: self._spendings.begin(wei, caps, payer))
        if spending.is_of_somebody:
            try:
                await self._charge(spending)
            except SpendingCapReached:
                await self._cancel(spending)
                raise
        return spending

    async def give_back(self, spending: Spending) -> None:
        await self._cancel(spending)
        if spending.is_of_somebody:
            mark = uuid.uuid4().hex
            async with self._writing:
                await self._renew(lambda: self._spendings.give_back(self.lease, spending, mark))

    async def _charge(self, spending: Spending) -> None:
        mark = uuid.uuid4().hex
        async with self._writing:
            await self._renew(lambda: self._spendings.charge(self.lease, spending, mark))

    async def _cancel(self, spending: Spending) -> None:
        await self._persist(lambda: self._spendings.cancel(spending))

    async def tokens_left(self) -> int | None:
        if self.lease.key.owner == ANONYMOUS and not self._runs.limits_tokens():
            return None
        return await self._persist(lambda: self._runs.tokens_left(self.lease))

    async def _renew_before(self, least: float) -> None:
        async with self._writing:
            while self.renewal.left < least:  # again, if this process was frozen in the meantime
                await self._renew(lambda: self._runs.renew(self.lease))

    async def _renew(self, write: Callable[[], Lease]) -> None:
        written = self.renewal.begin_write()
        self.lease = await self._persist(write)
        written(self.lease)
        self._feed.refresh(self.lease.session)

    async def _persist(self, call: Callable[[], R]) -> R:
        """Repeat the call while the storage is unreachable, even for some time after the end of the lease."""
        for pause in pauses(0.1, longest=1.5):
            remaining = self.renewal.left + PATIENCE_SECONDS
            if remaining <= 0:
                break
            limit = asyncio.timeout(remaining)
            try:
                async with limit:
                    return await self._blocking(call)
            except StorageUnavailable:
                await asyncio.sleep(min(pause, remaining))
            except TimeoutError:
                if not limit.expired():  # the call's own error
                    raise
                break
        raise LeaseLost


async def _frame_first() -> None:
    """Let the first frame go out. What the agent library does with an answer's first event keeps the event loop for
    milliseconds; the senders write in the first turn of the loop, and the loop sends what was written in the second.
    """
    for _ in range(2):
        await asyncio.sleep(0)

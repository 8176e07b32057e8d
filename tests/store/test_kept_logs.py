"""What a process keeps of messages and of LLM histories is what it would read, whoever has written meanwhile."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

import forge.models.llm_history_start
from forge.errors import LeaseLost
from forge.models.run import ActiveRun, Ending, Progress
from forge.models.session import Catalog
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.models.work import Lease
from forge.settings import Settings
from forge.store import Store, open_store
from forge.store.sessions import TableSessions
from forge.store.stored.recent_messages import RecentMessages
from tests.clock import Clock
from tests.properties import examples
from tests.store.scenes import next_of, spoken, started
from worker.blocking_calls import Blocking
from worker.push.feed import Feed
from worker.runs.history_cache import RecentHistories
from worker.runs.leased_record import LeasedRecord

DAY_MS = 86_400_000
R = TypeVar("R")


class AtOnce(Blocking):
    """Calls the store in the same thread."""

    def __init__(self) -> None:
        """There are no threads."""

    async def __call__(self, call: Callable[..., R], *args: Any, **kwargs: Any) -> R:
        return call(*args, **kwargs)


def recorded(store: Store, lease: Lease, histories: RecentHistories) -> LeasedRecord:
    return LeasedRecord(
        Feed(Catalog),
        lease,
        runs=store.runs,
        journal=store.journal,
        spendings=store.spendings,
        blocking=AtOnce(),
        clock=lambda: 0,
        histories=histories,
        monotonic=lambda: 0.0,
    )


class Life:
    """A session id at which two workers write in turns. Each keeps what it has read and written; the second has room
    for a few messages and entries only.
    """

    def __init__(self, store: Store, clock: Clock, name: str) -> None:
        self._store, self._clock, self._key = store, clock, SessionKey(ANONYMOUS, name)
        self._histories = RecentHistories(), RecentHistories(bytes_limit=20)
        sessions = cast(TableSessions, store.sessions)
        self._sessions = [replace(sessions, recent=RecentMessages(size, long=1)) for size in (10**6, 9_000)]
        self._numbers = itertools.count()
        self._lease: Lease | None = None
        self._lost: list[Lease] = []
        self._holder = 0

    def write(self, worker: int, count: int) -> None:
        lease, progress = self._held(worker), self._progress(count)
        self._lease = self._store.runs.append(lease, progress)
        self._histories[worker].grow(lease.session, progress.entries)

    def finish(self, worker: int, count: int) -> None:
        lease, progress = self._held(worker), self._progress(count)
        ending = Ending(outcome="completed", drafts=progress.drafts, entries=progress.entries)
        self._store.runs.finish(lease, ending)
        self._histories[worker].grow(lease.session, ending.entries)
        self._leave()

    def write_late(self, worker: int, count: int) -> None:
        """What an attempt that has lost its run writes ahead stays invisible."""
        for lease in self._lost[-worker - 1 :]:  # attempts of this generation, or of an earlier one
            with pytest.raises(LeaseLost):
                self._store.runs.append(lease, self._progress(count))

    def delete(self, worker: int, count: int) -> None:
        if self._store.sessions.get(self._key):
            self._store.sessions.delete(self._key)
            self._leave()

    def expire(self, worker: int, count: int) -> None:
        self._clock.advance(40 * DAY_MS)
        self._leave()

    def read(self, worker: int, count: int) -> None:
        if session := self._store.sessions.get(self._key):
            reader = Lease(session.key, "", 0, 0, 0, session, cast(ActiveRun, session.active))
            record = recorded(self._store, reader, self._histories[worker])
            assert asyncio.run(record.history()) == self._store.journal.history(reader)
            for start, stop in ((session.logged - count, session.logged), (0, count), (0, session.logged)):
                read = self._sessions[worker].messages(session, max(0, start), stop)
                assert read == self._store.sessions.messages(session, max(0, start), stop)

    def _held(self, worker: int) -> Lease:
        """Begin a run, or take it over if the other worker has it."""
        if self._lease and self._holder != worker:
            self._store.runs.release(self._lease)
            message = next_of(self._lease.session)
            self._leave()
            self._lease = self._store.runs.claim(message, str(worker))
        self._holder = worker
        return self._lease or started(self._store, worker=str(worker), key=self._key)

    def _leave(self) -> None:
        self._lost += [self._lease] if self._lease else []
        self._lease = None

    def _progress(self, count: int) -> Progress:
        said = [f"number {next(self._numbers)}" for _ in range(count)]
        return Progress(drafts=[spoken(text) for text in said], entries=[text.encode() for text in said])


OFTEN = [Life.write, Life.read, Life.write_late] * 4
STEPS = st.tuples(
    st.sampled_from([*OFTEN, Life.finish, Life.delete, Life.expire]),
    st.integers(0, 1),
    st.integers(1, 4),
)


@pytest.mark.slow
@pytest.mark.hypothesis
def test_what_a_process_keeps_is_what_it_would_read_whatever_happens(
    dynamodb: Any, table: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The part of a history that a run gets is a few entries long here, and moves on often."""
    monkeypatch.setattr(forge.models.llm_history_start, "HISTORY_LEAST", 5)
    monkeypatch.setattr(forge.models.llm_history_start, "HISTORY_STEP", 3)
    store = open_store(Settings(forge_table=table, rate_limit_burst=10_000), clock, dynamodb)
    names = itertools.count()

    @examples(100)
    @given(st.lists(STEPS, min_size=20, max_size=60))
    def play(steps: list[tuple[Callable[[Life, int, int], None], int, int]]) -> None:
        life = Life(store, clock, f"s{next(names)}")
        for step, worker, count in steps:
            step(life, worker, count)
        life.read(0, 4)
        life.read(1, 4)

    play()

"""Of a history that a worker has cached, it reads only the entries that others have written."""

from __future__ import annotations

import asyncio

import pytest

from forge.models.llm_history_start import HISTORY_LEAST, HISTORY_STEP
from forge.models.run import Ending, Progress
from forge.models.session import Session
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.models.work import Lease
from tests.worker.scripted_llm import Script, prompts
from tests.worker.stage import KEY, Stage, message_of
from worker.assembly import leased_records
from worker.push.feed import Feed
from worker.runs.history_cache import IDLE_SECONDS, RecentHistories


def session(length: int, generation: int = 1, name: str = "s") -> Session:
    return Session(
        key=SessionKey(ANONYMOUS, name),
        generation=generation,
        rev=1,
        network="testnet",
        history=length,
        created_at=0,
        last_activity_at=0,
        expires_at=0,
    )


def test_what_grew_here_is_remembered() -> None:
    histories = RecentHistories()
    histories.grow(session(0), [b"a"])
    histories.grow(session(1), [b"b", b"c"])
    assert histories.of(session(3)) == [b"a", b"b", b"c"]


def test_what_grew_elsewhere_is_lacking() -> None:
    histories = RecentHistories()
    histories.keep(session(1), [b"a"])
    assert histories.of(session(2)) == [b"a"]
    histories.grow(session(2), [b"c"])
    assert histories.of(session(3)) == [b"a"]
    histories.keep(session(3), [b"a", b"b", b"c"])
    assert histories.of(session(3)) == [b"a", b"b", b"c"]


def test_an_attempt_that_has_lost_its_run_gets_no_more_than_its_session_counts() -> None:
    histories, length = RecentHistories(), HISTORY_LEAST + HISTORY_STEP
    histories.keep(session(2), [b"a", b"b"])
    assert histories.of(session(1)) == [b"a"]
    histories.keep(session(length), [b"new"] * HISTORY_LEAST)
    assert histories.of(session(2)) == []


def test_an_entry_that_cannot_be_read_is_read_again() -> None:
    histories = RecentHistories()
    histories.keep(session(3), [b"a", b"", b"c"])
    assert histories.of(session(3)) == [b"a"]


def test_another_generation_has_another_history() -> None:
    histories = RecentHistories()
    histories.keep(session(1), [b"a"])
    assert histories.of(session(1, generation=2)) == []


def test_the_oldest_are_forgotten_beyond_the_limit() -> None:
    histories = RecentHistories(bytes_limit=10)
    for name in ("one", "two", "three"):
        histories.keep(session(1, name=name), [b"12345"])
    assert [histories.of(session(1, name=name)) for name in ("one", "two", "three")] == [
        [],
        [b"12345"],
        [b"12345"],
    ]


@pytest.mark.slow
def test_of_a_long_history_only_what_a_run_gets_is_remembered() -> None:
    """It grows entry by entry, and is at each length what would be read."""
    histories, whole = RecentHistories(), list[bytes]()
    for length in range(HISTORY_LEAST + 3 * HISTORY_STEP):
        assert histories.of(session(length)) == whole[session(length).history_start :]
        histories.grow(session(length), [b"%d" % length])
        whole.append(b"%d" % length)


class NotedReads:
    """The journal's history, with the first entry of each read."""

    def __init__(self, stage: Stage) -> None:
        self.firsts: list[int | None] = []
        self._journal = stage.store.journal

    def history(self, lease: Lease, first: int | None = None) -> list[bytes]:
        self.firsts.append(first)
        return self._journal.history(lease, first)

    def __getattr__(self, name: str) -> object:
        return getattr(self._journal, name)


@pytest.mark.slow
async def test_a_worker_reads_nothing_of_what_it_wrote_itself(stage: Stage) -> None:
    script = Script(["answer"])
    stage.llm = script.llm()
    page = await stage.open_page()
    journal = NotedReads(stage)
    stage.start(journal=journal)
    for text in ("one", "two", "three"):
        await page.ended(await stage.say(text))
    assert journal.firsts == []
    await stage.stop()
    stage.start(journal=journal)
    await page.ended(await stage.say("four"))
    assert journal.firsts == [0]
    assert prompts(script.requests[-1]) == ["one", "two", "three", "four"]
    assert (await stage.session(KEY)).history == 8


@pytest.mark.slow
async def test_a_worker_reads_only_what_another_one_wrote(stage: Stage) -> None:
    """Two workers have a conversation's runs in turns."""
    journals = [NotedReads(stage), NotedReads(stage)]
    parts = [stage.parts(journal=journal) for journal in journals]
    workers = [leased_records(each) for each in parts]
    for number in range(6):
        run_id = await stage.accept("say it")
        message = message_of(await stage.session(KEY), run_id)
        lease = await asyncio.to_thread(stage.store.runs.claim, message, str(number % 2))
        record = workers[number % 2](Feed(parts[0].publisher.catalog), lease)
        assert await record.history() == [b"%d" % each for each in range(2 * number)]
        await record.append(Progress(entries=[b"%d" % (2 * number)]))
        await record.finish(Ending(outcome="completed", entries=[b"%d" % (2 * number + 1)]))
    assert [journal.firsts for journal in journals] == [[2, 6], [0, 4, 8]]


def test_a_session_that_nobody_goes_on_with_is_forgotten() -> None:
    now = [0.0]
    histories = RecentHistories(monotonic=lambda: now[0])
    histories.keep(session(1, name="left"), [b"a"])
    now[0] = IDLE_SECONDS
    histories.keep(session(1, name="other"), [b"b"])
    assert histories.of(session(1, name="left")) == [b"a"]
    now[0] = IDLE_SECONDS + 1
    histories.keep(session(1, name="third"), [b"c"])
    assert histories.of(session(1, name="left")) == []
    assert histories.of(session(1, name="other")) == [b"b"]

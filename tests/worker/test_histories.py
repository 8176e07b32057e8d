"""A cached history is used only if it is the session's current one; otherwise it is read again."""

from __future__ import annotations

from forge.models.ids import ANONYMOUS, SessionKey
from forge.models.session import HISTORY_LEAST, HISTORY_STEP, Session
from forge.models.work import Lease
from tests.worker.scripts import Script, prompts
from tests.worker.stage import KEY, Stage
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


def test_what_grew_elsewhere_is_read_anew() -> None:
    histories = RecentHistories()
    histories.keep(session(1), [b"a"])
    assert histories.of(session(2)) is None
    histories.grow(session(2), [b"c"])
    assert histories.of(session(3)) is None
    assert histories.of(session(1)) is None


def test_another_generation_has_another_history() -> None:
    histories = RecentHistories()
    histories.keep(session(1), [b"a"])
    assert histories.of(session(1, generation=2)) is None


def test_the_oldest_are_forgotten_beyond_the_limit() -> None:
    histories = RecentHistories(bytes_limit=10)
    for name in ("one", "two", "three"):
        histories.keep(session(1, name=name), [b"12345"])
    assert [histories.of(session(1, name=name)) for name in ("one", "two", "three")] == [
        None,
        [b"12345"],
        [b"12345"],
    ]


def test_of_a_long_history_only_what_a_run_gets_is_remembered() -> None:
    """It grows entry by entry, and is at each length what would be read."""
    histories, whole = RecentHistories(), list[bytes]()
    for length in range(HISTORY_LEAST + 3 * HISTORY_STEP):
        known = histories.of(session(length))
        assert length == 0 or known == whole[session(length).history_start :]
        assert length == 0 or known is not None
        histories.grow(session(length), [b"%d" % length])
        whole.append(b"%d" % length)


class CountedReads:
    """The journal's history, counted."""

    def __init__(self, stage: Stage) -> None:
        self.count = 0
        self._journal = stage.store.journal

    def history(self, lease: Lease) -> list[bytes]:
        self.count += 1
        return self._journal.history(lease)

    def __getattr__(self, name: str) -> object:
        return getattr(self._journal, name)


async def test_a_worker_reads_only_what_another_one_wrote(stage: Stage) -> None:
    script = Script(["answer"])
    stage.llm = script.llm()
    page = await stage.open_page()
    journal = CountedReads(stage)
    stage.start(journal=journal)
    for text in ("one", "two", "three"):
        await page.ended(await stage.say(text))
    assert journal.count == 0
    await stage.stop()
    stage.start(journal=journal)
    await page.ended(await stage.say("four"))
    assert journal.count == 1
    assert prompts(script.requests[-1]) == ["one", "two", "three", "four"]
    assert (await stage.session(KEY)).history == 8


def test_a_session_that_nobody_goes_on_with_is_forgotten() -> None:
    now = [0.0]
    histories = RecentHistories(monotonic=lambda: now[0])
    histories.keep(session(1, name="left"), [b"a"])
    now[0] = IDLE_SECONDS
    histories.keep(session(1, name="other"), [b"b"])
    assert histories.of(session(1, name="left")) == [b"a"]
    now[0] = IDLE_SECONDS + 1
    histories.keep(session(1, name="third"), [b"c"])
    assert histories.of(session(1, name="left")) is None
    assert histories.of(session(1, name="other")) == [b"b"]

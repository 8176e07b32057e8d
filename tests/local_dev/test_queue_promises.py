"""The guarantees of the local queues, over restarts of their process and any order of events."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_dev.aws.sqs.queue_server import open_queues
from local_dev.aws.sqs.queues import Queue, Queues, ReceiptExpired
from tests.unlisted import tried

FIFO = Queue("a.fifo", fifo=True, visibility=1000, dead="dead.fifo", most_receives=3, per_group=True)
DEAD = Queue("dead.fifo", fifo=True)


@dataclass
class Clock:
    now: int = 1_000_000

    def __call__(self) -> int:
        return self.now


def test_a_message_that_is_received_too_often_goes_to_the_dead_letters() -> None:
    clock = Clock()
    queues = Queues(":memory:", clock)
    queues.send(FIFO, "1", "g", "d")
    for _ in range(FIFO.most_receives):
        assert len(queues.receive(FIFO, 10)) == 1
        clock.now += FIFO.visibility
    assert queues.receive(FIFO, 10) == []
    assert [message.body for message in queues.receive(DEAD, 10)] == ["1"]
    queues.close()


@pytest.mark.slow
def test_what_is_too_old_and_what_was_remembered_of_it_leaves_nothing_behind(tmp_path: Path) -> None:
    clock = Clock()
    queues = Queues(tmp_path / "q.db", clock)
    sizes: list[int] = []
    for turn in range(6):
        for number in range(300):
            queues.send(FIFO, "x" * 1000, f"g{turn}-{number}", f"d{number}")
        sizes.append(sum(file.stat().st_size for file in tmp_path.iterdir()))
        clock.now += FIFO.retention + 1
    assert queues.counts(FIFO) == (300, 0)
    assert sizes[5] <= sizes[2] * 1.1
    queues.close()


@pytest.mark.parametrize("is_opened_again", [False, True])
def test_a_clock_that_is_set_back_holds_nothing_longer(tmp_path: Path, *, is_opened_again: bool) -> None:
    hour = 3_600_000
    clock = Clock()
    queues = Queues(tmp_path / "q.db", clock)
    clock.now += hour
    queues.send(FIFO, "held", "g", "1")
    queues.send(FIFO, "behind it", "g", "2")
    (held,) = queues.receive(FIFO, 1)
    clock.now -= hour
    if is_opened_again:
        queues.close()
        queues = Queues(tmp_path / "q.db", clock)
    queues.send(FIFO, "new", "g", "3")
    queues.send(FIFO, "the same", "g", "3")
    assert queues.receive(FIFO, 10) == []
    queues.extend(FIFO, held.receipt, 1000)
    assert (queues.next_change(FIFO) or 0) - clock.now <= 1000
    clock.now += 1000
    assert [each.body for each in queues.receive(FIFO, 10)] == ["held", "behind it", "new"]
    clock.now += 300_001
    queues.send(FIFO, "remembered no longer", "other", "3")
    assert queues.counts(FIFO) == (4, 0)
    queues.close()


@pytest.mark.parametrize("content", [b"no database" * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_damaged_queues_are_set_aside_and_said(tmp_path: Path, content: bytes) -> None:
    file, said = tmp_path / "queues.db", list[str]()
    file.write_bytes(content)
    queues = open_queues(file, said.append)
    queues.send(FIFO, "1", "g", "d")
    queues.close()
    assert len(said) == 1
    assert "kept beside" in said[0]


def test_queues_of_another_version_are_set_aside_too(tmp_path: Path) -> None:
    file, said = tmp_path / "queues.db", list[str]()
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE message (something_else TEXT)")
    queues = open_queues(file, said.append)
    queues.send(FIFO, "1", "g", "d")
    queues.close()
    assert len(said) == 1


def test_queues_that_are_only_out_of_reach_stay_where_they_are(tmp_path: Path) -> None:
    file, said = tmp_path / "queues.db", list[str]()
    file.mkdir()
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        open_queues(file, said.append)
    assert file.exists()
    assert said == []


QUEUE = Queue("q.fifo", fifo=True, visibility=1000, per_group=True)


class History:
    """A FIFO queue beside what it promises, told by lists: each group's messages in order, and who holds them."""

    def __init__(self, folder: Path) -> None:
        self._file, self._clock = folder / "q.db", Clock()
        self._opened = [Queues(self._file, self._clock)]
        self._sent = 0
        self._groups: dict[str, list[str]] = {}
        self._held: dict[str, tuple[str, str, int]] = {}

    def send(self, group: str) -> None:
        self._sent += 1
        self._opened[-1].send(QUEUE, str(self._sent), group, str(self._sent))
        self._groups.setdefault(group, []).append(str(self._sent))

    def receive(self, most: int) -> None:
        blocked = {group for group, _, until in self._held.values() if until > self._clock.now}
        free = [body for group, bodies in self._groups.items() if group not in blocked for body in bodies]
        got = self._opened[-1].receive(QUEUE, most)
        assert [message.body for message in got] == sorted(free, key=int)[:most]
        for message in got:
            again = [receipt for receipt, held in self._held.items() if held[1] == message.body]
            for receipt in again:
                del self._held[receipt]
            self._held[message.receipt] = (message.family, message.body, self._clock.now + 1000)

    def extend(self, milliseconds: int) -> None:
        if receipt := self._oldest(lambda receipt: self._opened[-1].extend(QUEUE, receipt, milliseconds)):
            family, body, _ = self._held[receipt]
            self._held[receipt] = (family, body, self._clock.now + milliseconds)

    def delete(self) -> None:
        if receipt := self._oldest(lambda receipt: self._opened[-1].delete(QUEUE, receipt)):
            family, body, _ = self._held.pop(receipt)
            self._groups[family].remove(body)

    def wait(self, milliseconds: int) -> None:
        self._clock.now += milliseconds

    def die(self) -> None:
        """The process goes without closing the file, and another one opens it."""
        self._opened.append(Queues(self._file, self._clock))

    def close(self) -> None:
        for each in self._opened:
            each.close()

    def _oldest(self, work: Callable[[str], None]) -> str:
        """Does `work` with the oldest receipt, which is refused exactly when it has expired."""
        if not (receipt := next(iter(self._held), "")):
            return ""
        is_expired = self._held[receipt][2] <= self._clock.now
        try:
            work(receipt)
        except ReceiptExpired:
            assert is_expired
            del self._held[receipt]
            return ""
        assert not is_expired
        return receipt


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.sampled_from("abc")),
        st.tuples(st.just("receive"), st.integers(1, 10)),
        st.tuples(st.just("extend"), st.integers(0, 3000)),
        st.tuples(st.just("delete")),
        st.tuples(st.just("wait"), st.integers(1, 1500)),
        st.tuples(st.just("die")),
    ),
    max_size=40,
)


@given(ACTIONS)
def test_whatever_happens_each_group_is_in_order_held_once_and_survives_death(actions: list[Any]) -> None:
    tried("histories of a local queue", actions)
    with tempfile.TemporaryDirectory() as folder:
        history = History(Path(folder))
        for name, *arguments in actions:
            getattr(history, name)(*arguments)
        history.close()

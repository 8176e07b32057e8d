"""Log items that are put ahead of the hot item: what is visible is what its own commit wrote, and it never changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.dynamodb.codec import Item
from forge.errors import LeaseLost, StorageUnavailable
from forge.models.ids import new_run_id
from forge.models.run import Progress
from forge.models.session_key import ANONYMOUS, SessionKey
from forge.models.work import Lease
from forge.settings import Settings
from forge.store import Store, open_store
from forge.store.running.fenced_runs import TableRuns
from forge.store.running.write_ahead import Stamp
from tests.clock import Clock
from tests.properties import examples
from tests.store.scenes import KEY, completed, counted, log, next_of, spoken, started, told
from tests.store.turns import Writer

Act = Callable[[TableRuns], Any]


def said(name: str, drafts: int = 1) -> Progress:
    """What a step stores: its messages, and an entry of the LLM history."""
    return Progress(drafts=[spoken(f"{name}{number}") for number in range(drafts)], entries=[name.encode()])


class Scene:
    """A session with an abandoned run, and those who write it."""

    def __init__(self, store: Store, clock: Clock, key: SessionKey = KEY) -> None:
        self.store, self.key = store, key
        told(store, "hello", key)
        session = store.sessions.get(key)
        assert session is not None
        self.lease = store.runs.claim(next_of(session), "a")
        clock.advance(6_001)
        self._seen: tuple[list[str], list[bytes]] = ([], [])

    @property
    def runs(self) -> TableRuns:
        assert isinstance(self.store.runs, TableRuns)
        return self.store.runs

    def writer(self, act: Act) -> Writer:
        return Writer(self.runs.table, lambda table: act(replace(self.runs, table=table)))

    def look(self) -> tuple[list[str], list[bytes]]:
        """What is visible. It is whole, and what was visible before has not changed."""
        session = self.store.sessions.get(self.key)
        assert session is not None
        messages = log(self.store, self.key)
        reader: Any = Lease(self.key, "", 0, 0, 0, session, session.active)  # type: ignore[arg-type]
        entries = self.store.journal.history(reader)
        assert len(entries) == session.history
        before, known = self._seen
        assert (messages[: len(before)], entries[: len(known)]) == (before, known)
        self._seen = (messages, entries)
        return self._seen

    def is_told(self, name: str, drafts: int = 1) -> bool:
        """Whether a step is there. Then it is whole, in one place, and once."""
        messages, entries = self.look()
        texts = [f"{name}{number}" for number in range(drafts)]
        places = [place for place, text in enumerate(messages) if text in texts]
        if not places:
            assert name.encode() not in entries
            return False
        assert messages[places[0] : places[0] + len(places)] == texts
        assert entries.count(name.encode()) == 1
        return True


def taking_over(lease: Lease, *steps: Progress) -> Act:
    """So much later that no lease holds."""

    def act(runs: TableRuns) -> Lease:
        later = replace(runs, clock=lambda: runs.clock() + 6_001)
        held = later.claim(next_of(lease.session), "b")
        for step in steps:
            held = later.append(held, step)
        return held

    return act


def items_of(dynamodb: Any, table: str, *kinds: str) -> list[Item]:
    found = dynamodb.scan(TableName=table)["Items"]
    return [item for item in found if item["sk"]["S"].startswith(kinds)]


def orders(first: int, second: int) -> Iterator[str]:
    """Every order of so many writes of `a` and of `b`."""
    if not first or not second:
        yield "a" * first + "b" * second
        return
    yield from ("a" + rest for rest in orders(first - 1, second))
    yield from ("b" + rest for rest in orders(first, second - 1))


def test_a_step_is_written_item_by_item_and_shown_by_the_last_write(store: Store, dynamodb: Any):
    lease = started(store)
    with counted(dynamodb) as calls:
        lease = store.runs.append(lease, said("one"))
    assert calls == ["PutItem"] * 3 + ["UpdateItem"]
    with counted(dynamodb) as calls:
        store.runs.finish(lease, completed(spoken("end"), entries=[b"end"]))
    assert calls == ["PutItem"] * 2 + ["UpdateItem"]
    assert log(store) == ["hello", "one0", "end"]


def test_nothing_of_a_step_is_visible_before_its_last_write(store: Store, clock: Clock):
    scene = Scene(store, clock)
    writer = scene.writer(lambda runs: runs.append(scene.lease, said("one")))
    for _ in range(3):
        writer.step()
        assert scene.look() == ([], [])
    writer.finish()
    assert scene.look() == (["hello", "one0"], [b"one"])


@pytest.mark.slow
@pytest.mark.parametrize("order", list(orders(3, 5)))
def test_of_an_attempt_and_the_one_that_takes_it_over_each_shows_what_it_wrote(
    store: Store, clock: Clock, order: str
):
    """Three writes of the one that is abandoned, a claim and four writes of the other, in every order."""
    scene = Scene(store, clock)
    a = scene.writer(lambda runs: runs.append(scene.lease, Progress(drafts=[spoken("a0")])))
    b = scene.writer(taking_over(scene.lease, said("b")))
    for name in order:
        writer = a if name == "a" else b
        if not writer.is_over:
            writer.step()
            scene.look()
    a.finish()
    assert isinstance(b.finish(), Lease)
    assert ("a0" in scene.look()[0]) == isinstance(a.result, Lease)
    assert scene.is_told("b")
    assert scene.look()[0][0] == "hello"


@pytest.mark.slow
@pytest.mark.parametrize("lost", range(4))
@pytest.mark.parametrize("at", range(7))
def test_a_write_that_arrives_late_changes_nothing_that_is_visible(
    store: Store, clock: Clock, lost: int, at: int
):
    """Write `lost` of the first attempt arrives after `at` writes of the one that takes over."""
    scene = Scene(store, clock)
    a = scene.writer(lambda runs: runs.append(scene.lease, said("a")))
    for number in range(lost + 1):
        a.step(lost=number == lost)
    assert isinstance(a.result, StorageUnavailable)
    b = scene.writer(taking_over(scene.lease, said("b", 2), said("c")))
    for _ in range(at):
        b.step()
    a.deliver()
    scene.look()
    held = b.finish()
    assert isinstance(held, Lease)
    assert [scene.is_told("b", 2), scene.is_told("c")] == [True, True]
    store.runs.finish(held, completed(spoken("end")))
    assert scene.look()[0][-1] == "end"


@pytest.mark.slow
def test_a_step_whose_answers_are_lost_is_told_once(store: Store, clock: Clock):
    """The worker does it again, not knowing which of its writes have arrived, or still will."""
    for lost in range(4):
        for arrives_first in (True, False):
            scene = Scene(store, clock, SessionKey(ANONYMOUS, f"s{lost}{arrives_first}"))

            def append(runs: TableRuns, lease: Lease = scene.lease) -> Lease:
                return runs.append(lease, said("a"))

            first = scene.writer(append)
            for number in range(lost + 1):
                first.step(lost=number == lost)
            if arrives_first:
                first.deliver()
            again = scene.writer(append)
            assert isinstance(again.finish(), Lease)
            if not arrives_first:
                first.deliver()
            assert scene.look() == (["hello", "a0"], [b"a"])


@pytest.mark.parametrize("writes", range(5))
def test_what_was_put_for_a_session_that_is_deleted_meanwhile_goes_too(
    store: Store, clock: Clock, dynamodb: Any, table: str, writes: int
):
    scene = Scene(store, clock)
    writer = scene.writer(lambda runs: runs.append(scene.lease, said("secret")))
    for _ in range(writes):
        writer.step()
    store.sessions.delete(KEY)
    writer.finish()
    assert isinstance(writer.result, LeaseLost) == (writes < 4)
    assert items_of(dynamodb, table, "message#", "entry#") == []


def test_what_an_attempt_has_put_is_not_taken_back_when_it_is_visible(store: Store, clock: Clock):
    """The answer to its last write was lost, and then the run."""
    scene = Scene(store, clock)
    a = scene.writer(lambda runs: runs.append(scene.lease, said("a")))
    for _ in range(3):
        a.step()
    a.step(between=lambda: taking_over(scene.lease)(scene.runs))
    assert isinstance(a.finish(), LeaseLost)
    assert scene.look() == (["hello", "a0"], [b"a"])


def test_an_older_version_and_this_one_leave_each_other_s_messages_alone(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    """An older one writes whole steps by transactions, without stamps."""
    scene = Scene(store, clock)
    new = scene.writer(lambda runs: runs.append(scene.lease, said("new")))
    with monkeypatch.context() as older:
        older.setattr(Stamp, "on", lambda _stamp, items: list(items))
        older.setattr("forge.store.running.commit.may_go_ahead", lambda *_: False)
        held = store.runs.claim(next_of(scene.lease.session), "older")
        held = store.runs.append(held, said("old"))
    assert scene.look() == (["hello", "old0"], [b"old"])
    assert isinstance(new.finish(), LeaseLost)
    assert scene.look() == (["hello", "old0"], [b"old"])
    clock.advance(6_001)
    held = store.runs.claim(next_of(held.session), "newer")
    store.runs.append(held, said("newer"))
    assert scene.look() == (["hello", "old0", "newer0"], [b"old", b"newer"])


def test_what_an_older_version_has_left_invisible_is_replaced(store: Store, dynamodb: Any, table: str):
    lease = started(store)
    invisible = {
        "pk": {"S": f"session#{KEY}"},
        "sk": {"S": f"message#{lease.session.generation:015d}#00000001"},
    }
    dynamodb.put_item(TableName=table, Item={**invisible, "content": {"S": "left over"}})
    lease = store.runs.append(lease, said("one"))
    store.runs.append(lease, said("two"))
    assert log(store) == ["hello", "one0", "two0"]


@pytest.mark.slow
@pytest.mark.parametrize("writes", range(4))
def test_a_large_step_over_what_a_rival_has_put_is_whole(store: Store, clock: Clock, writes: int):
    """Of the same attempt, as a thread that has outlived its task would be."""
    scene = Scene(store, clock)
    rival = scene.writer(lambda runs: runs.append(scene.lease, said("rival", 3)))
    for _ in range(5):
        rival.step()
    large = scene.writer(lambda runs: runs.append(scene.lease, said("x", 120)))
    for _ in range(writes):
        large.step()
        scene.look()
    rival.finish()
    scene.look()
    assert isinstance(large.finish(), Lease)
    assert scene.is_told("x", 120)
    assert scene.is_told("rival", 3)


def test_parts_of_a_text_that_streams_are_replaced_with_the_hot_item_only(store: Store, dynamodb: Any):
    lease = store.runs.flush(started(store), "x" * 40_000)
    with counted(dynamodb) as calls:
        store.runs.finish(lease, completed(spoken("y" * 40_000)))
    assert calls == ["TransactWriteItems"]
    assert log(store) == ["hello", "y" * 40_000]


MOVES = st.lists(
    st.tuples(st.sampled_from("abci"), st.sampled_from(["write", "write", "lose", "deliver"])), max_size=40
)
"""Who does something, and what."""


def repeating(lease: Lease, step: Progress) -> Act:
    """As the worker does what was not answered."""

    def act(runs: TableRuns) -> Lease:
        for _ in range(3):
            try:
                return runs.append(lease, step)
            except StorageUnavailable:
                continue
        return runs.append(lease, step)

    return act


def all_at_once(scene: Scene) -> dict[str, Writer]:
    """An attempt, a thread that outlives its task, the attempt that takes over, and somebody who stops the run."""
    recovery: Any = scene.store.recovery
    return {
        "a": scene.writer(repeating(scene.lease, said("a"))),
        "b": scene.writer(lambda runs: runs.append(scene.lease, said("b", 2))),
        "c": scene.writer(taking_over(scene.lease, said("c"), said("d", 3))),
        "i": Writer(
            scene.runs.table,
            lambda table: replace(recovery, table=table).interrupt_abandoned(scene.key, scene.lease.run_id),
        ),
    }


def move(writer: Writer, what: str) -> None:
    if what == "deliver" and writer.late:
        writer.deliver()
    elif not writer.is_over:
        writer.step(lost=what == "lose")


def come_to_an_end(scene: Scene, writers: Iterable[Writer]) -> None:
    for writer in writers:
        writer.finish()
        scene.look()
    for writer in writers:
        while writer.late:
            writer.deliver()
            scene.look()


@pytest.mark.slow
@pytest.mark.hypothesis
def test_whatever_comes_late_or_never_what_is_visible_stays(dynamodb: Any, table: str):
    clock = Clock()
    store = open_store(Settings(forge_table=table, rate_limit_burst=10_000), clock, dynamodb)

    @examples(40)
    @given(MOVES)
    def check(moves: list[tuple[str, str]]) -> None:
        scene = Scene(store, clock, SessionKey(ANONYMOUS, new_run_id()))
        writers = all_at_once(scene)
        for name, what in moves:
            move(writers[name], what)
            scene.look()
        come_to_an_end(scene, writers.values())
        for name, parts in {"a": [("a", 1)], "b": [("b", 2)], "c": [("c", 1), ("d", 3)]}.items():
            are_told = [scene.is_told(*part) for part in parts]
            assert all(are_told) or not isinstance(writers[name].result, Lease)

    check()
